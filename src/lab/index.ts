export { type Command, labCommand } from "./lab-command.js";
export { LabError } from "./lab-error.js";
export { LAB_STORAGES, type LabStorage, usualStorage } from "./lab-storage.js";
export { type LabState, labsFolder, readLabState } from "./lab-state.js";
export { type ProcessIdentity } from "../support/process-identity.js";
export { startLab, type StartLabOptions } from "./start-lab.js";
export { labCondition, type LabCondition, listLabs, removeAbandonedLabs, stopLab } from "./stop-lab.js";
