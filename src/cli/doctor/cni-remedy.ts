/** What to do where the runtime has no network for pods, whichever check comes across that. */
export const CNI_REMEDY =
  "put a CNI configuration into /etc/cni/net.d and the plugins into /opt/cni/bin or /usr/lib/cni";
