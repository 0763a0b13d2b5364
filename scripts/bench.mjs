/** `npm run bench`: installs, builds, then runs benchmarks/, whose README says what is measured and how. */
import { join } from 'node:path';
import { prepare, root, runNode } from './prepare.mjs';

prepare();
process.exit(
  runNode(['--enable-source-maps', join(root, 'benchmarks/dist/main.js'), ...process.argv.slice(2)]),
);
