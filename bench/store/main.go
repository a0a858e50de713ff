// Command store measures how quickly events are found: by the store, and by
// DuckDB in the same Parquet segments. See README.md in the folder above.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"

	"tocsin/core/pattern"
	"tocsin/store/events"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench/store:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	n := flag.Int("events", 650_000, "how many events")
	dir := flag.String("dir", "", "where the store is made, or is already; a temporary folder by default")
	duck := flag.String("duckdb", "", "folder in which npm has installed @duckdb/node-api; without it, DuckDB is left out")
	rounds := flag.Int("rounds", 9, "how often each query is run")
	flag.Parse()
	if *dir == "" {
		folder, err := os.MkdirTemp("", "tocsin-bench-store")
		if err != nil {
			return err
		}
		defer os.RemoveAll(folder)
		*dir = folder
	}
	f, err := makeStore(ctx, *dir, *n)
	if err != nil {
		return err
	}
	defer f.close()
	if err := f.describe(ctx, os.Stdout); err != nil {
		return err
	}
	var peer *duckDB
	if *duck != "" {
		peer, err = startDuckDB(ctx, *duck, filepath.Join(*dir, "segments"))
		if err != nil {
			return err
		}
		defer peer.stop()
	}
	cases, err := f.cases(ctx)
	if err != nil {
		return err
	}
	return measure(ctx, f, peer, cases, *rounds)
}

// A subject is a question, as both are asked it.
type subject struct {
	name string
	ours func(context.Context) (int64, error) // the number of events found
	sql  string                               // "" when DuckDB is not asked
	// floor is the name of the subject that this one is compared with besides.
	floor string
}

func (f *filled) cases(ctx context.Context) ([]subject, error) {
	all := events.Query{Group: f.group, From: f.first, To: f.last}
	rareName, err := f.rarest(ctx, all, events.EventName)
	if err != nil {
		return nil, err
	}
	rareKey, err := f.rarest(ctx, all, events.AccessKeyID)
	if err != nil {
		return nil, err
	}
	search := func(q events.Query) func(context.Context) (int64, error) {
		return func(ctx context.Context) (int64, error) {
			page, err := f.store.Search(ctx, q)
			return int64(len(page.Events)), err
		}
	}
	count := func(q events.Query) func(context.Context) (int64, error) {
		return func(ctx context.Context) (int64, error) { return f.store.Count(ctx, q) }
	}
	by := func(a events.Attribute, v string) events.Query {
		q := all
		q.Attributes = []events.Match{{Attribute: a, Value: v}}
		return q
	}
	matching := func(q events.Query, text string) (events.Query, error) {
		p, err := pattern.Parse(text)
		q.Pattern = p
		return q, err
	}
	hour := all
	hour.From = f.last - 3_600_000 + 1
	two, err := matching(all, `{ $.eventName = "TerminateInstances" && $.errorCode = "Client.*" }`)
	if err != nil {
		return nil, err
	}
	path, err := matching(all, `{ $.requestParameters.instanceType = "t3.medium" }`)
	if err != nil {
		return nil, err
	}
	hourPath := path
	hourPath.From = hour.From
	newest := "SELECT event_time, event_id, message FROM events WHERE %s ORDER BY event_time DESC, event_id DESC LIMIT 50"
	return []subject{
		{name: "rare event name, with messages", ours: search(by(events.EventName, rareName)), sql: fmt.Sprintf(newest, "event_name = '"+rareName+"'")},
		{name: "rare access key, with messages", ours: search(by(events.AccessKeyID, rareKey)), sql: fmt.Sprintf(newest, "access_key_id = '"+rareKey+"'")},
		{name: "two conditions, count", ours: count(two), sql: "SELECT count(*) FROM events WHERE event_name = 'TerminateInstances' AND error_code LIKE 'Client.%'"},
		{name: "count by error code and hour", ours: func(ctx context.Context) (int64, error) {
			buckets, err := f.store.CountBy(ctx, all, events.ErrorCode, 3_600_000)
			return int64(len(buckets)), err
		}, sql: "SELECT date_trunc('hour', event_time) AS h, error_code, count(*) FROM events GROUP BY ALL"},
		{name: "path without a column, count", ours: count(path), sql: "SELECT count(*) FROM events WHERE json_extract_string(message, '$.requestParameters.instanceType') = 't3.medium'"},
		{name: "the same in the last hour", ours: count(hourPath), sql: "SELECT count(*) FROM events WHERE event_time >= make_timestamptz(" + strconv.FormatInt(hour.From*1000, 10) + ") AND json_extract_string(message, '$.requestParameters.instanceType') = 't3.medium'"},
		{name: "newest 50 of the last hour", ours: search(hour), sql: fmt.Sprintf(newest, "event_time >= make_timestamptz("+strconv.FormatInt(hour.From*1000, 10)+")"), floor: "the same in the last hour"},
	}, nil
}

// rarest is the value of an attribute that the fewest events have.
func (f *filled) rarest(ctx context.Context, q events.Query, by events.Attribute) (string, error) {
	buckets, err := f.store.CountBy(ctx, q, by, 0)
	if err != nil {
		return "", err
	}
	buckets = slices.DeleteFunc(buckets, func(b events.Bucket) bool { return b.Value == "" })
	if len(buckets) == 0 {
		return "", fmt.Errorf("no event has an %s", by)
	}
	return slices.MinFunc(buckets, func(a, b events.Bucket) int { return cmp.Compare(a.Count, b.Count) }).Value, nil
}

// measure asks both in turns and prints medians and their ratio.
func measure(ctx context.Context, f *filled, peer *duckDB, cases []subject, rounds int) error {
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(out, "\nquestion\tfound\tours ms\tDuckDB ms\ttimes ours\ttimes ours, in pairs\t\n")
	medians := map[string]float64{}
	for _, c := range cases {
		var ours, theirs, ratios []float64
		var found int64
		for round := range rounds + 1 {
			runtime.GC()
			start := time.Now()
			n, err := c.ours(ctx)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			took := float64(time.Since(start)) / float64(time.Millisecond)
			found = n
			other := 0.0
			if peer != nil && c.sql != "" {
				answer, err := peer.ask(c.sql)
				if err != nil {
					return fmt.Errorf("%s: DuckDB: %w", c.name, err)
				}
				if answer.found != n {
					return fmt.Errorf("%s: found %d, DuckDB %d", c.name, n, answer.found)
				}
				other = answer.ms
			}
			if round == 0 {
				continue // warms up
			}
			ours = append(ours, took)
			theirs = append(theirs, other)
			ratios = append(ratios, other/took)
		}
		medians[c.name] = median(ours)
		fmt.Fprintf(out, "%s\t%d\t%.2f\t%.1f\t%.1f\t%.1f\t\n", c.name, found, median(ours), median(theirs), median(theirs)/median(ours), median(ratios))
		if c.floor != "" {
			fmt.Fprintf(out, "  scan of that time over it\t\t\t\t%.1f\t\t\n", medians[c.floor]/medians[c.name])
		}
	}
	return out.Flush()
}

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}
