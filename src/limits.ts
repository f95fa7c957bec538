// Every named limit of virtdc in one place: what each queue, page, retry, buffer and wait may reach.
// (libvirt/ takes its own as arguments; what they are here is decided in hypervisor/libvirt.)

const SECOND_MS = 1_000;
const MIB = 1024 * 1024;

export const LIMITS = {
  /** Requests. */
  maxMessageBytes: MIB,
  maxTextBytes: MIB,
  maxVmidChars: 63,
  maxRequestIdChars: 64,
  maxLabels: 64,
  maxPriority: 1_000,
  maxLabelChars: 63,
  maxCpu: 4_096,
  /** Least memory a guest may have: below it no kernel boots, and a balloon only kills. */
  minMemoryKib: 32 * 1024,
  /** Disk space of a guest that names none: 4 GiB. */
  defaultIoKib: 4 * 1024 * 1024,
  /** 2^43 KiB = 8 EiB: far beyond any host, and sums of it stay exact. */
  maxKib: 2 ** 43,
  maxRatio: 64,
  maxNodes: 10_000,
  /** Violations told in one error; a status travels in a header. */
  maxViolations: 50,
  maxXmlDepth: 32,
  maxDomainNameBytes: 256,
  maxSshKeyBytes: 16 * 1024,
  maxSshKeys: 64,
  maxUserDataBytes: 64 * 1024,
  /** Guests of one SubmitGuests: what that many requests usually take is a third of the greatest message. */
  maxGuestsSubmitted: 512,
  /** Hosts of an explanation in a refusal: it travels in a header, which proxies cut off at 8 KiB. */
  hostsExplained: 20,
  /** Kinds and shapes of guests (see policy/weigh.ts) for which all hosts stay weighed between decisions. */
  guestShapesRemembered: 64,

  /** Pages. */
  maxFilterEntries: 1_000,
  maxPageTokenChars: 1_024,
  defaultPageSize: 100,
  maxPageSize: 1_000,

  /** Authority. */
  leaseTtlMs: 10 * SECOND_MS,
  leaseRenewMs: 3 * SECOND_MS,
  leaseSendMarginMs: 2 * SECOND_MS,
  maxBatchDecisions: 1_024,
  /** Of the log, written by one commit, unless a single decision has more. */
  maxBatchEntries: 8_192,
  maxQueuedDecisions: 16_384,
  maxQueuedEntries: 65_536,
  commitRetries: 5,
  /** How often one decision is tried again, at once, before it is called one that cannot be stored. */
  poisonRetries: 3,
  /** Before the first retry; doubled for each further one, jittered. */
  commitRetryMs: 50,
  /** Between tries to reach the database again, or to get a lease that another holds. */
  leaseRetryMs: 500,
  /** After so long callers are told that the outcome of their commit is not known yet. */
  outcomeWaitMs: 3 * SECOND_MS,
  /** Log entries read at once by whoever follows or catches up: few enough not to hold up everything else. */
  catchUpEntries: 1_000,
  /** Between two looks of a follower for the request ids that the leader has answered. */
  followRequestsMs: 5 * SECOND_MS,
  /** How long a follower waits until its copy is as far as the leader has told: then it is behind, and goes on. */
  followerBehindMs: 2 * SECOND_MS,
  /** Notifications that nobody waited for, after which no more are asked for. */
  unheardNews: 100,
  compactEveryMs: 60 * SECOND_MS,
  /** Removed in one decision. */
  operationsExpiredAtOnce: 1_000,
  requestIdKeptMs: 24 * 3_600 * SECOND_MS,
  maxRequestIds: 1_000_000,
  macAttempts: 1_000,
  endedOperationsKept: 10_000,

  /** Database. The control deadline is short, so that a frozen database is noticed before the lease ends. */
  databaseConnectMs: 2 * SECOND_MS,
  databaseControlMs: 1_250,
  databaseCommitMs: 5 * SECOND_MS,
  databaseReadMs: 60 * SECOND_MS,
  databaseIdleInTransactionMs: 3 * SECOND_MS,
  migrationAttempts: 10,
  migrationMs: 60 * SECOND_MS,
  /** Log entries or request ids dropped by one statement. */
  compactedAtOnce: 10_000,

  /** libvirt. */
  libvirtCallDeadlineMs: 10 * SECOND_MS,
  libvirtConnectDeadlineMs: 5 * SECOND_MS,
  libvirtCreateDeadlineMs: 60 * SECOND_MS,
  libvirtCallsInFlight: 64,
  /** A pool in which a volume is being made cannot be looked at: asked again so often, so long apart. */
  poolBusyAttempts: 50,
  poolBusyRetryMs: 100,
  guestAgentDeadlineMs: 5 * SECOND_MS,
  consoleBytes: 64 * 1024,
  uploadIdleMs: 60 * SECOND_MS,
  /** Below this an upload to a host is given up. */
  slowestUploadBytesPerS: MIB,
  maxImageBytes: 2 ** 44,
  imageChunkBytes: 256 * 1024,

  /** Reconciler. */
  reconcileEveryMs: 5 * SECOND_MS,
  /** Above so many hosts that this much time for each is more than that, they are looked at less often. */
  reconcilePaceMs: 4,
  reconcileAtLeastEveryMs: 9 * SECOND_MS,
  /** Hosts that are contacted for the first time at once, each for at most so long; then the next one's turn comes. */
  firstContactsAtOnce: 64,
  firstContactTurnMs: 250,
  /** Hosts asked at once for facts that were known before. */
  hostFactsAtOnce: 16,
  firstContactWaitMs: 15 * SECOND_MS,
  /** What a host is given to answer before an operator's word is taken for it that it is off. */
  lastQuestionMs: 5 * SECOND_MS,
  hostSuspectAfterMs: 10 * SECOND_MS,
  hostUnreachableAfterMs: 20 * SECOND_MS,
  /** Between two looks at a host, however many events ask for one. */
  reconcileBreathMs: 100,
  guestsAskedAtOnce: 8,
  guestDetailsEveryMs: 60 * SECOND_MS,
  agentRetryMs: 15 * SECOND_MS,
  /** Where there are more guests than this, each is asked less often. */
  guestsAtFullPace: 20_000,

  /** Operations. */
  /** How often a deed that waits for the lease looks whether it may go. */
  fencePollMs: 100,
  operationsAtOncePerHost: 32,
  /** How often silent hosts are looked for that are to be fenced, and when a fence that failed is tried again. */
  fenceLookMs: SECOND_MS,
  fenceAgainMs: 120 * SECOND_MS,
  /** Of what a fencing program prints, in the log and in its operation. */
  fenceToldChars: 1_024,
  /** Between two restarts of a guest that nobody asked for: doubled for each further one, up to the most. */
  restartBackoffMs: 10 * SECOND_MS,
  restartMostBackoffMs: 300 * SECOND_MS,
  /** A guest that ran for so long after a restart is restarted at once if it is lost again. */
  restartStableMs: 600 * SECOND_MS,
  /** Between two tries to place lost guests, however many commits make room, and how many of them are tried at once. */
  /** Hosts asked at once whether they have a guest that is lost elsewhere. */
  hostsAskedAtOnce: 16,
  restartBreathMs: SECOND_MS,
  restartsTriedAtOnce: 256,
  migrationsOutPerHost: 1,
  migrationsInPerHost: 1,
  stepRetries: 5,
  stepRetryMs: SECOND_MS,
  bootObservedWithinMs: 120 * SECOND_MS,
  shutdownGraceMs: 60 * SECOND_MS,
  migrationCompletionTimeoutS: 600,
  migrationStallTimeoutS: 60,
  migrationPollMs: 250,
  /** Both ends paused, or a source that lingers: longer than libvirt's own keepalive (5 s x 5) takes to give up. */
  migrationDoubtMs: 30 * SECOND_MS,
  /** Then the agent is asked to bring a plugged vCPU online. */
  cpuOnlineByItselfMs: 2 * SECOND_MS,
  scaleSeenWithinMs: 30 * SECOND_MS,
  /** Assumed where nothing was measured: a 1 Gbit/s link, less its overhead. */
  assumedBandwidthMibPerS: 112,
  waitOperationMs: 60 * SECOND_MS,

  /** Watch. */
  ringEvents: 65_536,
  ringBytes: 64 * MIB,
  watchAnswerBytes: 512 * 1024,
  watchBlockedMs: 30 * SECOND_MS,
  watchProgressMs: 10 * SECOND_MS,
  watchLookMs: SECOND_MS / 2,
  watchRestMs: SECOND_MS / 10,
  maxWatchers: 10_000,
  logPageEntries: 1_000,
  logPagesKept: 16,
  logKeptMs: 24 * 3_600 * SECOND_MS,
  logKeptEntries: 1_000_000,

  /** Access. How soon a change of the files of tokens and roles is seen. */
  accessReloadMs: SECOND_MS,
  maxAccessFileChars: MIB,
  /** Of a request's field, in the log of calls and in the audit log. */
  maxLoggedChars: 256,
  auditKeptMs: 365 * 24 * 3_600 * SECOND_MS,
  /** Of calls that no commit has the record of, waiting to be written; beyond it they are counted, and lost. */
  auditQueueRecords: 10_000,
  auditBatchRecords: 1_000,
  /** For how long records gather before they are written together. */
  auditGatherMs: 200,
  auditRetryMs: SECOND_MS,

  /** Server. */
  maxStreamsPerConnection: 100,
  serverKeepaliveMs: 20 * SECOND_MS,
  serverKeepaliveTimeoutMs: 10 * SECOND_MS,
  connectionIdleMs: 300 * SECOND_MS,
  httpRequestMs: 10 * SECOND_MS,
  unaryDeadlineMs: 60 * SECOND_MS,
  drainMs: 25 * SECOND_MS,
  /** For calls to hosts to end when the service stops. */
  callsEndMs: 2 * SECOND_MS,
} as const;
