// What a refused call becomes on this side: one error with the code, the reason, and everything the status carried
// beside its sentence.

import { ClientError, type ClientMiddleware, Status } from 'nice-grpc';
import { BadRequest, ErrorInfo, errorDetailsClientMiddleware, RichClientError } from 'nice-grpc-error-details';
import { PlacementExplanation } from '#gen/virtdc/v1/placement.js';

const EXPLANATION_TYPE = '/virtdc.v1.PlacementExplanation';

export interface Violation {
  /** Path of the field in the request. */
  readonly field: string;
  readonly description: string;
}

export class VirtdcError extends Error {
  override readonly name = 'VirtdcError';

  constructor(
    /** The method that was called, such as /virtdc.v1.Placement/SubmitGuest. */
    readonly method: string,
    readonly code: Status,
    /** The sentence for a person. Not to be parsed. */
    message: string,
    /** UPPER_SNAKE, such as NO_HOST_FITS; empty where the status carried none, as when nothing was reached. */
    readonly reason: string = '',
    /** Every name and number of the message. */
    readonly metadata: Readonly<Record<string, string>> = {},
    /** Every field that was not as it should be. */
    readonly violations: readonly Violation[] = [],
    /** Why no host took the guest. */
    readonly explanation: PlacementExplanation | undefined = undefined,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** The code's name, such as NOT_FOUND. */
  get codeName(): string {
    return Status[this.code];
  }

  /** Whether the same call may do better later: the server or its database was not there. */
  get isTransient(): boolean {
    return this.code === Status.UNAVAILABLE && this.reason !== 'HOST_UNREACHABLE';
  }
}

/** Reads the details of a status. */
export function fromClientError(error: ClientError): VirtdcError {
  const details = error instanceof RichClientError ? error.extra : [];
  let reason = '';
  let metadata: Record<string, string> = {};
  let explanation: PlacementExplanation | undefined;
  const violations: Violation[] = [];
  for (const detail of details) {
    if (detail.$type === ErrorInfo.$type) ({ reason, metadata } = detail);
    else if (detail.$type === BadRequest.$type) violations.push(...detail.fieldViolations);
    else if (detail.$type === 'google.protobuf.Any' && detail.typeUrl.endsWith(EXPLANATION_TYPE)) {
      explanation = PlacementExplanation.decode(detail.value);
    }
  }
  const { path, code } = error;
  return new VirtdcError(path, code, error.details, reason, metadata, violations, explanation, { cause: error });
}

/** Every error of a call as a VirtdcError. */
export const translateErrors: ClientMiddleware = async function* translateErrors(call, options) {
  try {
    return yield* errorDetailsClientMiddleware(call, options);
  } catch (error) {
    throw error instanceof ClientError ? fromClientError(error) : error;
  }
};
