/** Names with a common beginning. */
const named = (prefix: string, ...rest: string[]): string[] => rest.map((name) => `container_${prefix}${name}`);

/**
 * The metrics that a runtime has to announce, so that dashboards built on cAdvisor go on working (KEP-2371).
 * Those of huge pages, pressure and ulimits depend on the node and are left out.
 */
export const expectedMetrics: readonly string[] = [
  ...named("", "blkio_device_usage_total", "file_descriptors", "last_seen", "oom_events_total", "processes", "sockets"),
  ...named("", "start_time_seconds", "threads", "threads_max"),
  ...named("cpu_", "cfs_periods_total", "cfs_throttled_periods_total", "cfs_throttled_seconds_total"),
  ...named("cpu_", "system_seconds_total", "usage_seconds_total", "user_seconds_total"),
  ...named("fs_", "inodes_free", "inodes_total", "limit_bytes", "usage_bytes"),
  ...named("fs_", "reads_bytes_total", "reads_total", "writes_bytes_total", "writes_total"),
  ...named("memory_", "cache", "failcnt", "failures_total", "kernel_usage", "mapped_file", "max_usage_bytes"),
  ...named("memory_", "rss", "swap", "usage_bytes", "working_set_bytes"),
  ...["receive", "transmit"].flatMap((way) =>
    named(`network_${way}_`, "bytes_total", "errors_total", "packets_dropped_total", "packets_total"),
  ),
  ...named("spec_", "cpu_period", "cpu_shares", "memory_limit_bytes", "memory_swap_limit_bytes"),
];
