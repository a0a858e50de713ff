#!/usr/bin/env bash
# Compares tocsin with jq and DuckDB on the same files: the CIS counts by minute,
# and the processor time (user and system) that each takes for them, as pairs of
# runs one after the other. Run from the repository; see README.md.
set -euo pipefail
cd "$(dirname "$0")/.."

events=${EVENTS:-100000}
runs=${RUNS:-5}
want=${PEERS:-jq duckdb}
out=$PWD/bench/out
mkdir -p "$out"
command -v jq >/dev/null || { echo "peers: there is no jq" >&2; exit 1; }

go build -o "$out/tocsin" ./cmd/tocsin
folder=$(go run ./bench -make -sets small -events "$events" -dir "$out")

# The answers are compared as {"<pattern>": [matches, five-minute periods with one]}.
sums='to_entries | map((.key / "|") as [$p, $m] | {p: $p, n: .value, slot: ($m[:14] + (($m[14:16] | tonumber) / 5 | floor | tostring))})
  | group_by(.p) | map({key: .[0].p, value: [(map(.n) | add), (map(.slot) | unique | length)]}) | from_entries'

tocsin() {
	# 3 says that an alarm rang.
	GOMAXPROCS=1 "$out/tocsin" scan --json --pack cis --keep-duplicates --workers 1 "$folder" || [ $? = 3 ]
}
jq_scan() { find "$folder" -name '*.json.gz' -print0 | xargs -0 zcat | jq -n -c -f bench/peers/cis.jq; }
duckdb() { (cd "$out" && node "$out/duckdb.mjs" "$folder"); }

# cpu NAME COMMAND: runs it, keeps its output, prints its processor seconds.
cpu() {
	local name=$1 TIMEFORMAT='%U %S'
	shift
	{ time "$@" >"$out/$name.json" 2>"$out/$name.err"; } 2>&1 | awk '{ printf "%.3f\n", $1 + $2 }'
}

peers=()
[[ " $want " == *" jq "* ]] && peers+=(jq)
if [[ " $want " != *" duckdb "* ]]; then
	:
elif ! command -v npm >/dev/null; then
	echo "peers: DuckDB is left out: there is no npm to install its package @duckdb/node-api with" >&2
elif ! npm --prefix "$out" install --no-audit --no-fund --silent @duckdb/node-api >&2; then
	echo "peers: DuckDB is left out: npm could not install @duckdb/node-api" >&2
else
	cp bench/peers/duckdb.mjs "$out/duckdb.mjs"
	peers+=(duckdb)
fi

cpu tocsin tocsin >/dev/null
jq -c '[.controls[] | [.matches, .periods]] | to_entries | map({key: (.key | tostring), value}) | from_entries' "$out/tocsin.json" >"$out/want.json"
status=0
for peer in "${peers[@]}"; do
	command=$peer
	[ "$peer" = jq ] && command=jq_scan
	cpu "$peer" "$command" >/dev/null # warms up
	if ! jq -e -n --slurpfile want "$out/want.json" --slurpfile got <(jq -c "$sums" "$out/$peer.json") '$want == $got' >/dev/null; then
		echo "peers: $peer and tocsin count differently: $out/want.json, $out/$peer.json $(head -c 300 "$out/$peer.err")" >&2
		status=1
		continue
	fi
	for run in $(seq "$runs"); do
		if [ $((run % 2)) = 0 ]; then
			a=$(cpu tocsin tocsin) b=$(cpu "$peer" "$command")
		else
			b=$(cpu "$peer" "$command") a=$(cpu tocsin tocsin)
		fi
		echo "$a $b"
	done | awk -v peer="$peer" '{ print $2 / $1, $1, $2 }' | sort -n | awk -v peer="$peer" '
		{ ratio[NR] = $1; ours[NR] = $2; theirs[NR] = $3 }
		END { m = int((NR + 1) / 2); printf "%-7s the same answer for %.1f times the processor time of tocsin (least %.1f, greatest %.1f; %.2f s and %.2f s)\n", peer, ratio[m], ratio[1], ratio[NR], theirs[m], ours[m] }'
done
exit $status
