import type { SpecInfo } from "../report/model.js";

/** A behaviour of the catalogue that a benchmark shows and no spec: how long something takes. */
export interface BenchmarkBehaviour {
  info: SpecInfo;
  /** Scenarios of `critique bench` that measure it. */
  scenarios: readonly string[];
}

/** Behaviours that are measured, by id. Their ids are of the same series as those of the specs. */
export const BENCHMARK_BEHAVIOURS: readonly BenchmarkBehaviour[] = [
  measured(
    {
      id: "CON-006",
      area: "concurrency",
      title: "Sandbox start and stop latencies are measured under load",
      rpcs: ["RunPodSandbox", "PodSandboxStatus", "StopPodSandbox", "RemovePodSandbox"],
      clause: "RuntimeService: every call on a sandbox succeeds however many are under way",
      critest: ["[k8s.io] PodSandbox benchmark about operations on PodSandbox benchmark about lifecycle of PodSandbox"],
    },
    ["pod-lifecycle"],
  ),
  measured(
    {
      id: "CTR-044",
      area: "container",
      title: "Container lifecycle latencies are measured with configurable parallelism",
      rpcs: ["CreateContainer", "StartContainer", "ContainerStatus", "StopContainer", "RemoveContainer"],
      clause: "RuntimeService: every call on a container succeeds, at a rate and concurrency of the user's choice",
      critest: [
        "[k8s.io] Container benchmark about operations on Container benchmark about basic operations on Container",
      ],
    },
    ["container-lifecycle"],
  ),
  measured(
    {
      id: "IMG-044",
      area: "image",
      title: "Image operation and image list latencies are measured",
      rpcs: ["PullImage", "ImageStatus", "RemoveImage", "ListImages"],
      clause: "ImageService: pull, status, list and removal of images of known sizes and layer counts",
      critest: [
        "[k8s.io] Image benchmark about operations on Image benchmark about basic operations on Image",
        "[k8s.io] Image benchmark about operations on Image benchmark about listing Image",
      ],
    },
    ["image-pull-1mib", "image-pull-8mib", "image-pull-64mib"],
  ),
  measured(
    {
      id: "SBX-026",
      area: "sandbox",
      title: "Complete pod start and teardown from scratch stays within a latency bound",
      rpcs: [
        "RunPodSandbox",
        "CreateContainer",
        "StartContainer",
        "StopContainer",
        "RemoveContainer",
        "StopPodSandbox",
        "RemovePodSandbox",
      ],
      clause: "RuntimeService: a pod with its container starts and goes within the bound that --threshold sets",
      critest: [
        "[k8s.io] PodSandbox benchmark about start a container from scratch benchmark about start a container from scratch",
      ],
    },
    ["pod-startup", "pod-teardown"],
  ),
];

function measured(
  info: Pick<SpecInfo, "id" | "area" | "title" | "rpcs" | "clause" | "critest">,
  scenarios: readonly string[],
): BenchmarkBehaviour {
  return { info: { ...info, level: "optional", needs: [], tags: [] }, scenarios };
}
