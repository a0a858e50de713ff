package app

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"tocsin/core/alarm"
	"tocsin/core/topic"
	"tocsin/service/cloudtrail"
	"tocsin/store/state"
)

// metrics are what the daemon tells of itself. Most are read when they are asked
// for; docs/metrics.md lists them.
type metrics struct {
	app      *App
	registry *prometheus.Registry
	commits  prometheus.Histogram
	chain    prometheus.Histogram
	attempts *prometheus.HistogramVec
	calls    callMetrics
}

func newMetrics(a *App) *metrics {
	m := &metrics{
		app: a, registry: prometheus.NewRegistry(), calls: newCallMetrics(),
		commits: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "tocsin_commit_seconds", Help: "How long transactions took that make log files durable.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}),
		chain: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "tocsin_chain_seconds", Help: "How long it took from the start of reading a log file to the receipt of the notice about it.",
			Buckets: []float64{.05, .1, .25, .5, 1, 2, 5, 10, 30, 60, 300, 1800, 3600},
		}),
		attempts: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tocsin_attempt_seconds", Help: "How long attempts of deliveries took, by protocol and by what they came to.",
			Buckets: []float64{.01, .05, .1, .25, .5, 1, 2.5, 5, 15, 30},
		}, []string{"protocol", "result"}),
	}
	build := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "tocsin_build_info", Help: "1, with the version of the program.", ConstLabels: prometheus.Labels{"version": a.o.Version},
	}, func() float64 { return 1 })
	m.registry.MustRegister(m.commits, m.chain, m.attempts, m.calls.calls, m.calls.refused, m.calls.took, build, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), (*gathered)(m))
	return m
}

func (m *metrics) observeChain(d time.Duration) { m.chain.Observe(d.Seconds()) }

func (m *metrics) attempted(p topic.Protocol, a topic.Answer, took time.Duration) {
	m.attempts.WithLabelValues(string(p), a.String()).Observe(took.Seconds())
}

// timed is the database with the time of its transactions observed.
func (m *metrics) timed(db *state.DB) timedDB { return timedDB{db, m.commits} }

type timedDB struct {
	*state.DB
	took prometheus.Histogram
}

func (t timedDB) Update(ctx context.Context, f func(*state.Tx) error) error {
	began := time.Now()
	err := t.DB.Update(ctx, f)
	if err == nil {
		t.took.Observe(time.Since(began).Seconds())
	}
	return err
}

// gathered are the metrics that are read when they are asked for.
type gathered metrics

// A reading is the description of one of them.
type reading struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
}

func counter(name, help string, labels ...string) reading {
	return reading{prometheus.NewDesc("tocsin_"+name, help, labels, nil), prometheus.CounterValue}
}

func gauge(name, help string, labels ...string) reading {
	return reading{prometheus.NewDesc("tocsin_"+name, help, labels, nil), prometheus.GaugeValue}
}

var (
	filesTotal    = counter("files_total", "Log files taken over from sources, by what became of them.", "result")
	filesInFlight = gauge("files_in_flight", "Log files being read or stored.")
	recordsRead   = counter("records_read_total", "Records of log files whose fate is settled: the sum of tocsin_events_total.")
	eventsTotal   = counter("events_total", "Records by what became of them: stored, a duplicate of a stored one, or rejected as no event.", "result")
	undated       = counter("events_undated_total", "Stored events that count in no metric, since their time is missing or cannot be true.")
	bytesRead     = counter("bytes_read_total", "Bytes of records read.")
	bytesStored   = counter("bytes_stored_total", "Bytes of blocks written.")
	commitsTotal  = counter("commits_total", "Transactions that make log files durable, by outcome.", "result")
	waitingBytes  = gauge("waiting_bytes", "Bytes of records that wait to be stored.")
	repeatIDs     = gauge("repeat_ids", "Event ids held in memory to know repeats by.")

	sourceUp      = gauge("source_up", "Whether a source can be read now.", "source")
	sourceReached = gauge("source_reached_timestamp_seconds", "When a source was last reached.", "source")
	sourceFiles   = counter("source_files_total", "What a source came upon: log files given, what is none, and what could not be understood.", "source", "result")
	sourceWaiting = gauge("source_waiting", "Log files or messages that wait in a source, as far as is known.", "source")
	newestEvent   = gauge("newest_event_timestamp_seconds", "The time of the newest event by source, account and Region.", "source", "account", "region")
	lastFile      = gauge("last_file_timestamp_seconds", "When the last log file was taken in, by source, account and Region.", "source", "account", "region")

	alarmsNow      = gauge("alarms", "Alarms by state.", "state")
	evaluations    = counter("evaluations_total", "Evaluations of alarms.")
	transitions    = counter("transitions_total", "Changes of alarms' states.")
	lateChanges    = counter("late_transitions_total", "Of these, those found by data that came late.")
	repeats        = counter("repeats_total", "Notices of alarms that last.")
	published      = counter("published_total", "Messages that alarms published.")
	failedActions  = counter("failed_actions_total", "Actions of alarms that could not be run.")
	deliveriesNow  = gauge("deliveries", "Deliveries that are kept, by status.", "status")
	oldestPending  = gauge("oldest_pending_delivery_seconds", "How long the oldest delivery that is pending has been so; 0 when none is.")
	spreadTotal    = counter("messages_total", "Messages spread to their subscriptions.")
	filteredTotal  = counter("filtered_total", "Deliveries that a filter policy did not want.")
	attemptsTotal  = counter("attempts_total", "Attempts of deliveries by what became of them.", "result")
	deadLetters    = counter("dead_letters_total", "Messages that a dead-letter queue took.")
	unconfirmedNow = gauge("subscriptions", "Subscriptions, confirmed or not.", "confirmed")
	recordsWaiting = gauge("records_waiting", "Calls to the AWS endpoint that have reached no log group and no trail yet.")
	trailBatches   = gauge("trail_batches", "What waits for a log file or the log group of a trail.")
	trailsFailing  = gauge("trails_failing", "Trails whose last delivery failed, by what it was of.", "of")
	databaseUp     = gauge("database_up", "Whether the database answered just now.")
)

// Describe is that of prometheus.Collector. What is gathered is not known before.
func (g *gathered) Describe(chan<- *prometheus.Desc) {}

// gatherWithin is how long the database may take to tell its part.
const gatherWithin = 5 * time.Second

// Collect is that of prometheus.Collector.
func (g *gathered) Collect(out chan<- prometheus.Metric) {
	put := func(r reading, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(r.desc, r.kind, v, labels...)
	}
	a := g.app
	in := a.ingest.Stats()
	for result, n := range map[string]int64{
		"committed": in.FilesCommitted, "duplicate": in.FilesDuplicate, "given_up": in.FilesGivenUp, "failed": in.FilesFailed,
	} {
		put(filesTotal, float64(n), result)
	}
	for result, n := range map[string]int64{"stored": in.RecordsStored, "duplicate": in.RecordsDuplicate, "rejected": in.RecordsRejected} {
		put(eventsTotal, float64(n), result)
	}
	for result, n := range map[string]int64{"ok": in.Commits, "failed": in.CommitFailures, "redone": in.CommitRedone} {
		put(commitsTotal, float64(n), result)
	}
	put(filesInFlight, float64(in.FilesInFlight))
	put(recordsRead, float64(in.RecordsRead))
	put(undated, float64(in.RecordsUndated))
	put(bytesRead, float64(in.BytesRead))
	put(bytesStored, float64(in.BytesStored))
	put(waitingBytes, float64(in.InFlight))
	put(repeatIDs, float64(in.IDs))

	judged := a.ring.Stats()
	put(evaluations, float64(judged.Judged))
	put(transitions, float64(judged.Changes))
	put(lateChanges, float64(judged.Late))
	put(repeats, float64(judged.Repeats))
	put(failedActions, float64(judged.Failed))
	put(published, float64(judged.Published))
	sent := a.courier.Stats()
	for result, n := range map[string]int64{"delivered": sent.Delivered, "retried": sent.Retried, "dead": sent.Dead, "interrupted": sent.Interrupted} {
		put(attemptsTotal, float64(n), result)
	}
	put(spreadTotal, float64(sent.Spread))
	put(filteredTotal, float64(sent.Filtered))
	put(deadLetters, float64(sent.DeadLetters))
	g.collectSources(put)

	ctx, cancel := context.WithTimeout(context.Background(), gatherWithin)
	defer cancel()
	up := 1.0
	if err := g.collectState(ctx, put); err != nil {
		up = 0
	}
	put(databaseUp, up)
}

type putter = func(r reading, v float64, labels ...string)

func (g *gathered) collectSources(put putter) {
	for _, s := range g.app.feeds.status() {
		up := 1.0
		if s.Problem != "" || s.Since.IsZero() {
			up = 0
		}
		put(sourceUp, up, s.Name)
		if !s.Since.IsZero() {
			put(sourceReached, seconds(s.Since), s.Name)
		}
		for result, n := range map[string]int64{"given": s.Given, "skipped": s.Skipped, "failed": s.Failed} {
			put(sourceFiles, float64(n), s.Name, result)
		}
		if s.Waiting >= 0 {
			put(sourceWaiting, float64(s.Waiting), s.Name)
		}
	}
}

// collectState tells what the database knows: all of it, or an error.
func (g *gathered) collectState(ctx context.Context, put putter) error {
	var told []func()
	later := func(r reading, v float64, labels ...string) { told = append(told, func() { put(r, v, labels...) }) }
	err := g.app.db.View(ctx, func(tx *state.Tx) error {
		told = nil
		files, err := tx.LastFiles(ctx)
		if err != nil {
			return err
		}
		slices.SortStableFunc(files, func(a, b state.LastFile) int { return cmp.Compare(b.Files, a.Files) })
		for _, f := range files[:min(len(files), maxWatched)] {
			if !f.NewestEvent.IsZero() {
				later(newestEvent, seconds(f.NewestEvent), f.Source, f.Account, f.Region)
			}
			later(lastFile, seconds(f.At), f.Source, f.Account, f.Region)
		}
		alarms, err := tx.Alarms(ctx)
		if err != nil {
			return err
		}
		states := map[alarm.State]int{alarm.OK: 0, alarm.InAlarm: 0, alarm.InsufficientData: 0}
		for _, one := range alarms {
			states[one.Record.State]++
		}
		for name, n := range states {
			later(alarmsNow, float64(n), string(name))
		}
		subscriptions, err := tx.Subscriptions(ctx, "")
		if err != nil {
			return err
		}
		confirmed := map[bool]int{true: 0, false: 0}
		for _, s := range subscriptions {
			confirmed[s.Confirmed]++
		}
		for is, n := range confirmed {
			later(unconfirmedNow, float64(n), strconv.FormatBool(is))
		}
		counts, oldest, err := tx.DeliveryCounts(ctx)
		if err != nil {
			return err
		}
		for _, status := range []state.DeliveryStatus{state.Pending, state.Delivered, state.Dead} {
			later(deliveriesNow, float64(counts[status]), string(status))
		}
		age := 0.0
		if oldest > 0 {
			age = max(g.app.o.Now().Sub(time.UnixMilli(oldest)).Seconds(), 0)
		}
		later(oldestPending, age)
		backlog, err := cloudtrail.BacklogOf(ctx, tx)
		later(recordsWaiting, float64(backlog.Records))
		later(trailBatches, float64(backlog.Batches))
		for of, n := range backlog.Failing {
			later(trailsFailing, float64(n), of)
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, tell := range told {
		tell()
	}
	return nil
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
