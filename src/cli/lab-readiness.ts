import { CriConnection } from "../cri/client.js";
import { parseEndpoint } from "../cri/endpoint.js";

const STATUS_TIMEOUT_MS = 2_000;

/** Whether the runtime at an endpoint says that it can run pods and that its network is set up (StatusResponse). */
export async function isReady(endpoint: string): Promise<boolean> {
  const connection = new CriConnection(parseEndpoint(endpoint));
  try {
    const { status } = await connection.rpc({ timeoutMs: STATUS_TIMEOUT_MS }).status({});
    const conditions = status?.conditions ?? [];
    return conditions.length > 0 && conditions.every((condition) => condition.status);
  } finally {
    connection.close();
  }
}
