/**
 * Reporter of `node --test` for scripts/test.mjs: writes, as one JSON object, the test files that failed and how many
 * tests ran, passed and failed. Node tells of each file under the file's own path when the file has ended.
 */
export default async function* failedFiles(source) {
  const files = [];
  const counts = {};
  for await (const { type, data } of source) {
    if (type === 'test:complete' && data.name === data.file && data.details?.error !== undefined) {
      files.push(data.file);
    }
    const count = type === 'test:diagnostic' && /^(tests|pass|fail|cancelled) (\d+)$/.exec(data.message);
    if (count) counts[count[1]] = Number(count[2]);
  }
  yield JSON.stringify({ files, ...counts });
}
