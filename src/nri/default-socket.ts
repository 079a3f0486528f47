/** Where runtimes offer NRI unless they are told otherwise. */
export const DEFAULT_NRI_SOCKET = "/var/run/nri/nri.sock";
