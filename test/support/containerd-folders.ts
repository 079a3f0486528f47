/** Folders of further containerds to try, from CRITIQUE_TEST_CONTAINERDS, where colons separate them. */
export const containerdFolders = (process.env.CRITIQUE_TEST_CONTAINERDS ?? "").split(":").filter(Boolean);
