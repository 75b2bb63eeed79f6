/** What a bundle of the library with a planted fault, and the harness around it, has to offer. */
export { startEngines } from '../engines.js'
export { judge } from '../judge.js'
export { moraineDriver } from '../moraine-driver.js'
export { runScenario } from '../run-scenario.js'
export { ALL } from '../scenarios/all.js'
export { FAULTS } from './faults.js'
