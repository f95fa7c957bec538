// Mocha's spec output, and after it what was skipped and why. Writes the counts as JSON to VIRTDC_TEST_RESULTS when that
// names a file, and does not let a test run hang on something that a test started and did not end.

const { writeFileSync } = require('node:fs');
const { reporters, Runner } = require('mocha');

const LEFT_OPEN_MS = 10_000;

/** The reason given by skip() of test/skip.ts for the test or for one of the suites around it. */
function reasonOf(test) {
  for (let node = test; node !== undefined; node = node.parent) {
    if (node.skipReason !== undefined) return node.skipReason;
  }
  return 'no reason given';
}

module.exports = class Reporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    this.results = { passed: 0, failed: 0, skipped: [] };
    runner.on(Runner.constants.EVENT_TEST_PENDING, (test) => {
      this.results.skipped.push({ title: test.fullTitle(), reason: reasonOf(test) });
    });
    runner.once(Runner.constants.EVENT_RUN_END, () => this.conclude(runner.stats));
  }

  conclude(stats) {
    this.results.passed = stats.passes;
    this.results.failed = stats.failures;
    // A skipped test that nobody explained would be a silent hole, so it counts as failed.
    const unexplained = this.results.skipped.filter(({ reason }) => reason === 'no reason given');
    for (const { title } of unexplained) console.log(`Skipped without a reason: ${title}`);
    this.results.failed += unexplained.length;
    this.results.skipped = this.results.skipped.filter((skipped) => !unexplained.includes(skipped));
    for (const { title, reason } of this.results.skipped) console.log(`Skipped: ${title} (${reason})`);
    this.save();
  }

  save() {
    const file = process.env.VIRTDC_TEST_RESULTS;
    if (file) writeFileSync(file, JSON.stringify(this.results));
  }

  done(failures, finish) {
    finish(failures + (this.results.failed > failures ? 1 : 0));
    const alarm = setTimeout(() => {
      console.log(`The tests left open: ${process.getActiveResourcesInfo().join(', ')}`);
      this.results.failed += 1;
      this.save();
      process.exit(1);
    }, LEFT_OPEN_MS);
    alarm.unref();
  }
};
