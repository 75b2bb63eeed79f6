/** Our name in `created_by`, in the form that readers parse: `application version x`. */
export const createdBy = 'moraine version 0.1.0'
