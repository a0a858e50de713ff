// Command lookup measures LookupEvents over a store of many events: the median
// time of a page for several questions.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"tocsin/bench/fill"
	"tocsin/service/cloudtrail"
	"tocsin/store/blob"
	"tocsin/store/events"
	"tocsin/store/state"
)

func main() {
	n := flag.Int("events", 1_000_000, "how many events the store has")
	dir := flag.String("dir", "", "keep the store in this folder and use it again")
	rounds := flag.Int("rounds", 21, "how often each question is asked")
	days := flag.Int("days", 30, "over how many days the events are spread")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *n, *dir, *rounds, *days); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, n int, dir string, rounds, days int) (err error) {
	if dir == "" {
		if dir, err = os.MkdirTemp("", "tocsin-lookup-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	f, err := open(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.store.Close(), f.blobs.Close(), f.db.Close()) }()
	usage, err := f.usage(ctx)
	if err != nil {
		return err
	}
	if usage.Events == 0 {
		start := time.Now()
		if err := f.fill(ctx, n, days); err != nil {
			return err
		}
		if usage, err = f.usage(ctx); err != nil {
			return err
		}
		fmt.Printf("made in %.0f s\n", time.Since(start).Seconds())
	}
	fmt.Printf("%d events of %d days\n\n", usage.Events, (usage.Last-usage.First)/time.Hour.Milliseconds()/24)
	return f.ask(ctx, rounds)
}

// filled is a store with events.
type filled struct {
	db    *state.DB
	blobs *blob.Dir
	store *events.Store
	group int64
	now   time.Time
}

func open(ctx context.Context, dir string) (*filled, error) {
	blobs, err := blob.OpenDir(filepath.Join(dir, "segments"))
	if err != nil {
		return nil, err
	}
	db, err := state.Open(ctx, "sqlite:"+filepath.Join(dir, "state.db"))
	if err != nil {
		return nil, errors.Join(err, blobs.Close())
	}
	f := &filled{db: db, blobs: blobs, now: time.Now()}
	f.store = events.New(events.Options{State: db, Blobs: blobs, Owner: "bench", Now: func() time.Time { return f.now }})
	return f, db.Update(ctx, func(tx *state.Tx) error {
		g, err := tx.EnsureLogGroup(ctx, state.LogGroup{Scope: state.Scope{Partition: "aws", Account: "000000000000", Region: "eu-west-1"}, Name: "events", Created: f.now})
		f.group = g.ID
		return err
	})
}

func (f *filled) usage(ctx context.Context) (u state.Usage, err error) {
	err = f.db.View(ctx, func(tx *state.Tx) error {
		u, err = tx.Usage(ctx, f.group)
		return err
	})
	return u, err
}

// sealEvery is after how many events the store does its work, as it would in the
// course of time.
const sealEvery = 200_000

// fill makes the events.
func (f *filled) fill(ctx context.Context, n, days int) error {
	stored, sealed := 0, 0
	err := fill.Blocks(ctx, n, time.Duration(days)*24*time.Hour, func(batch []events.Event) error {
		b, err := events.Encode(f.group, slices.Values(batch))
		if err != nil {
			return err
		}
		err = f.db.Update(ctx, func(tx *state.Tx) error {
			_, err := tx.AddBlock(ctx, b)
			return err
		})
		if stored += len(batch); err == nil && stored-sealed >= sealEvery {
			sealed = stored
			err = f.store.Seal(ctx)
		}
		return err
	})
	if err == nil {
		err = f.store.Seal(ctx)
	}
	if err != nil {
		return err
	}
	f.now = f.now.Add(time.Hour)
	return f.store.Tick(ctx, f.now)
}

// ask asks each question in turns and prints the median time of a page.
func (f *filled) ask(ctx context.Context, rounds int) error {
	s := cloudtrail.New(cloudtrail.Options{State: f.db, Now: time.Now, Group: func() int64 { return f.group }, Search: f.store.Search})
	middle, err := s.LookupEvents(ctx, &sdk.LookupEventsInput{})
	if err != nil || len(middle.Events) == 0 {
		return cmp.Or(err, errors.New("the store is empty"))
	}
	one, err := f.worst(ctx, s, *middle.Events[0].EventTime)
	if err != nil {
		return err
	}
	by := byKey
	questions := []struct {
		name string
		in   *sdk.LookupEventsInput
	}{
		{"the newest page", &sdk.LookupEventsInput{}},
		{"its second page", &sdk.LookupEventsInput{NextToken: middle.NextToken}},
		{"the newest of a day a week before", &sdk.LookupEventsInput{EndTime: aws.Time(one.EventTime.Add(-7 * 24 * time.Hour)), StartTime: aws.Time(one.EventTime.Add(-8 * 24 * time.Hour))}},
		{"one event by its id", by(types.LookupAttributeKeyEventId, one.EventId)},
		{"an event name, common", by(types.LookupAttributeKeyEventName, one.EventName)},
		{"an event name, rare", by(types.LookupAttributeKeyEventName, aws.String("StopLogging"))},
		{"an event name that there is not", by(types.LookupAttributeKeyEventName, aws.String("NoSuchCall"))},
		{"an access key", by(types.LookupAttributeKeyAccessKeyId, one.AccessKeyId)},
		{"a user", by(types.LookupAttributeKeyUsername, one.Username)},
		{"a source", by(types.LookupAttributeKeyEventSource, aws.String("iam.amazonaws.com"))},
		{"writes", by(types.LookupAttributeKeyReadOnly, aws.String("false"))},
		{"a kind of resource", by(types.LookupAttributeKeyResourceType, aws.String("AWS::S3::Bucket"))},
	}
	fmt.Printf("%-36s %8s %9s %9s\n", "question", "events", "median", "slowest")
	for _, q := range questions {
		if len(q.in.LookupAttributes) > 0 && q.in.LookupAttributes[0].AttributeValue == nil {
			continue
		}
		var took []time.Duration
		found := 0
		for range rounds {
			start := time.Now()
			out, err := s.LookupEvents(ctx, q.in)
			if err != nil {
				return fmt.Errorf("%s: %w", q.name, err)
			}
			took, found = append(took, time.Since(start)), len(out.Events)
		}
		slices.Sort(took)
		ms := func(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }
		fmt.Printf("%-36s %8d %9s %9s\n", q.name, found, ms(took[len(took)/2]), ms(took[len(took)-1]))
	}
	return nil
}

// worst is an event of a user's own key: of a hundred keys the one that takes longest
// to look up, which is one whose calls lie far apart.
func (f *filled) worst(ctx context.Context, s *cloudtrail.Service, newest time.Time) (types.Event, error) {
	var worst types.Event
	var longest time.Duration
	seen := map[string]bool{}
	for at := newest; len(seen) < 100; at = at.Add(-time.Hour) {
		page, err := s.LookupEvents(ctx, &sdk.LookupEventsInput{EndTime: &at})
		if err != nil {
			return worst, err
		}
		if len(page.Events) == 0 {
			break
		}
		for _, e := range page.Events {
			key := aws.ToString(e.AccessKeyId)
			if e.Username == nil || key == "" || seen[key] {
				continue
			}
			seen[key] = true
			start := time.Now()
			page, err := s.LookupEvents(ctx, byKey(types.LookupAttributeKeyAccessKeyId, &key))
			if err != nil {
				return worst, err
			}
			if took := time.Since(start); took > longest && len(page.Events) == 50 {
				worst, longest = e, took
			}
		}
	}
	if longest == 0 {
		return worst, errors.New("no key has as many calls as a page")
	}
	return worst, nil
}

func byKey(key types.LookupAttributeKey, v *string) *sdk.LookupEventsInput {
	return &sdk.LookupEventsInput{LookupAttributes: []types.LookupAttribute{{AttributeKey: key, AttributeValue: v}}}
}
