package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"tocsin/core/control"
	"tocsin/source/sqstest"
)

// measureLatency prints how long it takes from a log file's arrival until the
// mail and the request about it are received.
func measureLatency(ctx context.Context, o options) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "\nfrom, to\tnotices\tmedian\t95 %\tgreatest\tevents/s besides\tchain's own mean\t\n")
	for _, loaded := range []bool{false, true} {
		for _, way := range []string{"folder", "queue"} {
			if err := timeSeries(ctx, o, w, way, loaded); err != nil {
				return fmt.Errorf("%s: %w", way, err)
			}
		}
	}
	return w.Flush()
}

// probe is the name of the event, and of the alarm, of a run.
func probe(i int) string { return fmt.Sprintf("probe-%d", i) }

// pack is the alarms of CIS and one for each run, so that each begins something new.
func pack(runs int) ([]byte, error) {
	cis, err := control.Select("cis")
	if err != nil {
		return nil, err
	}
	type one struct {
		ID      string `json:"id"`
		Title   string `json:"title"`
		Pattern string `json:"pattern"`
	}
	var all []one
	for _, c := range cis.Controls {
		if c.Kind == control.Alarm && len(c.Parameters) == 0 {
			all = append(all, one{c.ID, c.Title, c.Pattern})
		}
	}
	for i := range runs {
		all = append(all, one{probe(i), "A notice that is timed", `{ $.eventName = "` + probe(i) + `" }`})
	}
	return json.Marshal(map[string]any{"controls": all})
}

// A world is a folder, and a queue and a bucket, that a daemon reads.
type world struct {
	backend gofakes3.Backend
	s3      *httptest.Server
	queue   *sqstest.Server
}

const bucket = "example-trail"

func newWorld() (*world, error) {
	w := &world{backend: s3mem.New(), queue: sqstest.New(sqstest.Options{})}
	w.s3 = httptest.NewServer(gofakes3.New(w.backend).Server())
	return w, w.backend.CreateBucket(bucket)
}

func (w *world) close() {
	w.queue.Close()
	w.s3.Close()
}

func (w *world) environment() []string {
	return []string{
		"AWS_ENDPOINT_URL_S3=" + w.s3.URL, "AWS_ENDPOINT_URL_SQS=" + strings.TrimSuffix(w.queue.URL, "/123456789012/queue"),
		"AWS_REGION=eu-west-1", "AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=secret", "AWS_EC2_METADATA_DISABLED=true",
	}
}

// put puts an object into the bucket.
func (w *world) put(key string, body []byte) error {
	_, err := w.backend.PutObject(bucket, key, map[string]string{}, bytes.NewReader(body), int64(len(body)), nil)
	return err
}

// announce tells the queue of an object, as S3 does.
func (w *world) announce(key string, size int) {
	name, _ := json.Marshal(key) // a text can be written
	w.queue.Send(fmt.Sprintf(`{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"eu-west-1","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":%q},"object":{"key":%s,"size":%d}}}]}`, bucket, name, size))
}

// timeSeries times the notices of one daemon and prints them.
func timeSeries(ctx context.Context, o options, out *tabwriter.Writer, way string, loaded bool) (err error) {
	around, err := newWorld()
	if err != nil {
		return err
	}
	defer around.close()
	hearers, err := newTold()
	if err != nil {
		return err
	}
	defer hearers.close()
	dir := filepath.Join(o.temp, fmt.Sprintf("latency-%s-%v", way, loaded))
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	controls, err := pack(o.runs)
	if err != nil {
		return err
	}
	packPath := filepath.Join(dir, "pack.json")
	if err := os.WriteFile(packPath, controls, 0o600); err != nil {
		return err
	}
	from := "dir:" + filepath.Join(dir, "trail")
	if way == "queue" {
		from = "sqs:" + around.queue.URL
	}
	d, err := start(ctx, o, dir, "pack: "+packPath+"\nsources: ['"+from+"']\n"+hearers.subscribers(), around.environment()...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.stop()) }()
	if err := eventually(ctx, 20*time.Millisecond, hearers.ready); err != nil {
		return fmt.Errorf("the confirmations: %w", err)
	}
	rate := 0.0
	feeding := func(context.Context) error { return nil }
	if loaded {
		if feeding, err = o.load(ctx, d, around, way); err != nil {
			return err
		}
	}
	loading, stop := context.WithCancel(ctx)
	defer stop()
	fed := make(chan error, 1)
	go func() { fed <- feeding(loading) }()
	if loaded {
		if err := sleep(ctx, 5*time.Second); err != nil {
			return err
		}
	}
	before, err := d.metrics(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	times, err := timeAll(ctx, o, d, around, hearers, way)
	if err != nil {
		return err
	}
	took := time.Since(began)
	after, err := d.metrics(ctx)
	if err != nil {
		return err
	}
	if loaded {
		rate = (after[storedEvents] - before[storedEvents]) / took.Seconds()
	}
	stop()
	if err := <-fed; err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	own := after["tocsin_chain_seconds_sum"] / after["tocsin_chain_seconds_count"]
	for _, protocol := range []string{"email", "http"} {
		t := times[protocol]
		slices.Sort(t)
		fmt.Fprintf(out, "%s, %s\t%d\t%.2f s\t%.2f s\t%.2f s\t%.0f\t%.3f s\t\n", way, protocol, len(t),
			t[len(t)/2].Seconds(), t[len(t)*95/100].Seconds(), t[len(t)-1].Seconds(), rate, own)
	}
	return nil
}

// timeAll makes one file after another arrive and waits until it was heard of.
func timeAll(ctx context.Context, o options, d *daemon, around *world, hearers *told, way string) (map[string][]time.Duration, error) {
	times := map[string][]time.Duration{}
	for i := range o.runs {
		// At any moment of the daemon's own rounds.
		if err := sleep(ctx, rand.N(500*time.Millisecond)); err != nil {
			return nil, err
		}
		now := time.Now().UTC()
		record := fmt.Sprintf(`{"Records":[{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","userName":"alice"},"eventTime":%q,"eventSource":"iam.amazonaws.com","eventName":%q,"awsRegion":"eu-west-1","sourceIPAddress":"192.0.2.1","eventID":"00000000-0000-4000-8000-%012d","eventType":"AwsApiCall","recipientAccountId":"111122223333"}]}`,
			now.Format(time.RFC3339), probe(i), i)
		key := fmt.Sprintf("AWSLogs/111122223333/CloudTrail/eu-west-1/%s/111122223333_CloudTrail_eu-west-1_%s_probe%011d.json.gz", now.Format("2006/01/02"), now.Format("20060102T1504Z"), i)
		body, err := zipped(record)
		if err != nil {
			return nil, err
		}
		var began time.Time
		if way == "queue" {
			if err := around.put(key, body); err != nil {
				return nil, err
			}
			began = time.Now()
			around.announce(key, len(body))
		} else {
			beside := filepath.Join(d.dir, "arriving")
			if err := os.WriteFile(beside, body, 0o600); err != nil {
				return nil, err
			}
			began = time.Now()
			if err := errors.Join(d.drop(beside, key), os.Remove(beside)); err != nil {
				return nil, err
			}
		}
		for _, protocol := range []string{"email", "http"} {
			err := eventually(ctx, 5*time.Millisecond, func() (bool, error) {
				at, err := hearers.when(protocol, probe(i))
				if !at.IsZero() {
					times[protocol] = append(times[protocol], at.Sub(began))
				}
				return !at.IsZero(), err
			})
			if err != nil {
				return nil, fmt.Errorf("notice %d by %s: %w", i, protocol, err)
			}
		}
	}
	return times, nil
}
