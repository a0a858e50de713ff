package state_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"tocsin/core/alarm"
	"tocsin/core/metric"
	"tocsin/store/state"
)

// BenchmarkIngest is the transaction that takes log files in: marks, a block,
// points, evidence, alarms that become due. Blocks are deleted again as sealing
// does, so that the file keeps its size.
func BenchmarkIngest(b *testing.B) {
	for _, size := range []int{300_000, 4_000_000} {
		b.Run(fmt.Sprintf("%dkB", size/1000), func(b *testing.B) { benchmarkIngest(b, size) })
	}
}

func benchmarkIngest(b *testing.B, size int) {
	db, ctx := openSQLite(b), b.Context()
	scope := state.Scope{Partition: "aws", Account: "000000000000", Region: "us-east-1"}
	body := make([]byte, size)
	rand.NewChaCha8([32]byte{}).Read(body) //nolint:errcheck // never fails
	update := func(f func(*state.Tx) error) {
		if err := db.Update(ctx, f); err != nil {
			b.Fatal(err)
		}
	}
	const metrics = 20
	name := func(i int) metric.Identity { return metric.NewIdentity("CIS", fmt.Sprint("metric", i)) }
	var group int64
	update(func(tx *state.Tx) error {
		g, err := tx.EnsureLogGroup(ctx, state.LogGroup{Scope: scope, Name: "g"})
		for i := range metrics {
			if err != nil {
				return err
			}
			_, _, err = tx.PutAlarm(ctx, state.Alarm{Scope: scope, Definition: alarm.Alarm{
				ARN: fmt.Sprint("arn", i), Namespace: "CIS", MetricName: name(i).Name, Statistic: metric.MustStatistic("Sum"),
			}})
		}
		group = g.ID
		return err
	})
	at := time.Now().UnixMilli()
	n := 0
	var blocks []int64
	b.SetBytes(int64(size))
	for b.Loop() {
		n++
		update(func(tx *state.Tx) error {
			id, err := ingest(ctx, tx, scope, group, at+int64(n)*1000, n, body, metrics, name)
			blocks = append(blocks, id)
			return err
		})
		if len(blocks) == 20 {
			b.StopTimer()
			update(func(tx *state.Tx) error { return tx.DeleteBlocks(ctx, blocks) })
			blocks = nil
			b.StartTimer()
		}
	}
}

func ingest(ctx context.Context, tx *state.Tx, scope state.Scope, group, at int64, n int, body []byte,
	metrics int, name func(int) metric.Identity,
) (block int64, err error) {
	if _, err := tx.FilterRevision(ctx); err != nil {
		return 0, err
	}
	var marks []state.Mark
	for i := range 30 {
		marks = append(marks, state.Mark{
			Source: "s3://bucket/prefix", Key: fmt.Sprint("AWSLogs/000000000000/CloudTrail/us-east-1/2026/07/01/", n, "/", i),
			Version: "etag", Account: "000000000000", Region: fmt.Sprint("r", i%5), At: time.UnixMilli(at),
		})
	}
	if _, err := tx.AddMarks(ctx, marks); err != nil {
		return 0, err
	}
	if _, err := tx.TouchSpans(ctx, group, []int64{at / 3_600_000}); err != nil {
		return 0, err
	}
	if block, err = tx.AddBlock(ctx, state.Block{LogGroup: group, First: at, Last: at, Body: body}); err != nil {
		return 0, err
	}
	var points []state.Points
	var evidence []state.Evidence
	var touched []state.Touch
	minute := metric.Minute(at)
	for i := range metrics {
		points = append(points, state.Points{
			Scope: scope, Metric: name(i), Points: []metric.Point{{Time: minute, Samples: metric.Of(1, 1, 1)}},
		})
		evidence = append(evidence, state.Evidence{
			Filter: int64(i), Time: at, Event: [16]byte{byte(n), byte(n >> 8), byte(i)}, Body: body[:600],
		})
		touched = append(touched, state.Touch{Scope: scope, Metric: name(i), Minute: minute})
	}
	if err := tx.AddPoints(ctx, points); err != nil {
		return 0, err
	}
	if err := tx.AddEvidence(ctx, evidence, 10); err != nil {
		return 0, err
	}
	return block, tx.MarkDue(ctx, touched)
}
