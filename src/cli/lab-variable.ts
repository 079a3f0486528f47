/** Environment variable that names the lab to a command that runs inside of it. */
export const LAB_VARIABLE = "CRITIQUE_LAB";
