/**
 * How a registry misbehaves for one repository.
 *
 * containerd resumes downloads: wrong bytes of the right size make it fail later pulls of that digest as well (1.6.20, and
 * 2.1.9 for manifests), and resets after some progress do not make it fail at all.
 */
export type Fault =
  /** Manifests keep their meaning and size, but not the bytes that their digest stands for. */
  | { readonly kind: "manifestMismatch" }
  /** The last byte of every layer is wrong. */
  | { readonly kind: "corruptLayer" }
  /** Layers end after half of their bytes, and the reply says that this is all. */
  | { readonly kind: "truncatedLayer" }
  /** Replies begin late; layers arrive at no more than the given rate. */
  | { readonly kind: "slow"; readonly firstByteDelayMs?: number; readonly bytesPerSecond?: number }
  /** Layers stop arriving after that many bytes, default before the reply's first byte, until the fault is undone. */
  | { readonly kind: "stall"; readonly afterBytes?: number }
  /** The connection is reset after that many bytes of a layer. */
  | { readonly kind: "reset"; readonly afterBytes: number }
  /** The first `times` requests for manifests and blobs get this status. */
  | { readonly kind: "status"; readonly status: 429 | 500 | 502 | 503; readonly times: number }
  /** Blobs are elsewhere: below `/storage/` of this registry, or of the one with the given `url`, without authentication. */
  | { readonly kind: "redirectBlobs"; readonly to?: string }
  /** Layers are unknown, or only the one of this digest. */
  | { readonly kind: "missingBlob"; readonly digest?: string }
  /** Manifests are unknown, or only the one of this digest. */
  | { readonly kind: "missingManifest"; readonly digest?: string }
  /** Manifests come with this media type. */
  | { readonly kind: "wrongContentType"; readonly contentType: string }
  /** Manifests are padded to this size with white space. */
  | { readonly kind: "hugeManifest"; readonly sizeBytes: number };

/** A fault in force. */
export interface ActiveFault extends Disposable {
  /** Ends the fault: stalled replies go on, new ones are as they should be. */
  undo(): void;
}
