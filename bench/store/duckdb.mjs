// Runs SQL over segments in DuckDB: node duckdb.mjs FOLDER. Each line of standard
// input is a query over the view events, as a JSON text; each line of output is
// {"ms": how long it took, "rows": what it gave}.
import { createInterface } from "node:readline";
import { DuckDBInstance } from "@duckdb/node-api";

const folder = process.argv[2].replaceAll("'", "''");
const db = await (await DuckDBInstance.create(":memory:", { threads: process.argv[3] ?? "2" })).connect();
// Nobody should be slowed down by reading the footers again each time.
await db.run("SET enable_object_cache = true").catch(() => {});
await db.run("SET TimeZone = 'UTC'").catch(() => {});
await db.run(`CREATE VIEW events AS SELECT * FROM read_parquet('${folder}/log_group=*/**/*.parquet', hive_partitioning = true)`);
for await (const line of createInterface({ input: process.stdin })) {
  const start = process.hrtime.bigint();
  let answer;
  try {
    const rows = (await db.runAndReadAll(JSON.parse(line))).getRowsJson();
    answer = { ms: Number(process.hrtime.bigint() - start) / 1e6, rows };
  } catch (e) {
    answer = { error: String(e) };
  }
  console.log(JSON.stringify(answer));
}
