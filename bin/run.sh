# Read by the wrappers beside it: runs `$command` of the compiled server package in this process.
# Expects $folder (of the wrapper) and $command; NODE_OPTIONS is what JAVA_OPT is to RocketMQ's own scripts.
checkout=$(CDPATH='' cd -- "$folder/.." && pwd) || exit 1
main=$checkout/packages/server/dist/src/command/$command.js
if [ ! -f "$main" ]; then
  echo "rocketmq-ts is not built yet. Run: cd $checkout && npm ci && npm run build" >&2
  exit 1
fi
if ! command -v node >/dev/null 2>&1; then
  echo "node is not on the PATH. rocketmq-ts needs Node 20.19 or newer." >&2
  exit 1
fi
export ROCKETMQ_HOME="${ROCKETMQ_HOME:-$checkout}"
exec node "$main" "$@"
