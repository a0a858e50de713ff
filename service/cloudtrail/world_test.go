package cloudtrail_test

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"tocsin/core/event"
	"tocsin/core/policy"
	"tocsin/service"
	"tocsin/service/cloudtrail"
	"tocsin/service/servicetest"
	"tocsin/store/blob"
	"tocsin/store/events"
	"tocsin/store/state"
	"tocsin/wire"
	"tocsin/wire/model"
)

// A world is CloudTrail with a bucket, log groups and events.
type world struct {
	*servicetest.World
	*cloudtrail.Service
	options cloudtrail.Options
	bucket  *buckets
	logs    *logs
	own     state.LogGroup // the operator's
	// deny has the actions that are not allowed.
	deny map[string]bool
	// distrust says that roles cannot be assumed.
	distrust bool

	// The next effects on the world outside end the process: cut is how many are
	// left until then, 0 for never, and kill is what ends it.
	cutting sync.Mutex
	cut     int // guarded by cutting
	kill    context.CancelFunc
}

// effect is called after each effect on the world outside.
func (w *world) effect() {
	w.cutting.Lock()
	defer w.cutting.Unlock()
	if w.cut--; w.cut == 0 {
		w.kill()
	}
}

func newWorld(t testing.TB, change ...func(*cloudtrail.Options)) *world {
	t.Helper()
	return newWorldOn(t, nil, change...)
}

// newWorldOn is a world on a database, nil for one of its own.
func newWorldOn(t testing.TB, db *state.DB, change ...func(*cloudtrail.Options)) *world {
	t.Helper()
	w := &world{World: servicetest.New(t), deny: map[string]bool{}}
	if db != nil {
		w.State = db
	}
	w.bucket = &buckets{done: w.effect, objects: map[string]object{}, policies: map[string]*string{"logs": aws.String("{}")}}
	w.logs = &logs{done: w.effect, db: w.State, now: w.Now, ids: map[int64]map[event.ID]bool{}}
	w.own = w.group(t, "aws-cloudtrail-logs")
	store := events.New(events.Options{State: w.State, Blobs: blob.NewMemory(), Owner: "test", Now: w.Now})
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	id := 0
	var mu sync.Mutex
	w.options = cloudtrail.Options{
		State: w.State, Now: w.Now, Owner: "test", Default: servicetest.Scope,
		Group: func() int64 { return w.own.ID }, Put: w.logs.put, Search: store.Search, Buckets: w.bucket,
		CanAssume: func(_ context.Context, role, by string, _ policy.Context, needs []service.Need) error {
			if w.distrust {
				return denial("no trust")
			}
			return w.allowed(needs)
		},
		ServiceMay: func(_ context.Context, by string, _ policy.Context, needs []service.Need) error {
			return w.allowed(needs)
		},
		NewKey: func() (*rsa.PrivateKey, error) { return testKey(t), nil },
		NewID: func() string {
			mu.Lock()
			defer mu.Unlock()
			id++
			return fmt.Sprintf("00000000-0000-4000-8000-%012d", id)
		},
	}
	for _, f := range change {
		f(&w.options)
	}
	w.Service = cloudtrail.New(w.options)
	return w
}

func (w *world) allowed(needs []service.Need) error {
	for _, n := range needs {
		if w.deny[n.Action] {
			return denial(n.Action)
		}
	}
	return nil
}

func denial(message string) error {
	return &smithy.GenericAPIError{Code: "AccessDenied", Message: message}
}

// group makes a log group.
func (w *world) group(t testing.TB, name string) (g state.LogGroup) {
	t.Helper()
	err := w.State.Update(t.Context(), func(tx *state.Tx) (err error) {
		g, err = tx.EnsureLogGroup(t.Context(), state.LogGroup{Scope: servicetest.Scope, Name: name, Created: w.Now()})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// topic makes a topic and gives its ARN.
func (w *world) topic(t testing.TB, name string) string {
	t.Helper()
	arn := "arn:aws:sns:" + servicetest.Region + ":" + servicetest.Account + ":" + name
	err := w.State.Update(t.Context(), func(tx *state.Tx) error {
		return tx.PutTopic(t.Context(), state.Topic{ARN: arn, Owner: servicetest.Account, Created: w.Now()})
	})
	if err != nil {
		t.Fatal(err)
	}
	return arn
}

// called records calls of the root, each a second after the one before.
func (w *world) called(t testing.TB, names ...string) {
	t.Helper()
	for _, name := range names {
		source, name, other := strings.Cut(name, ":")
		if !other {
			source, name = "sns", source
		}
		o := cloudtrail.OperationOf(source, name)
		r := service.Record{Caller: w.Caller(), Source: o.Source, Name: o.Name, ReadOnly: o.ReadOnly, Data: o.Data}
		if err := w.Record(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		w.Advance(time.Second)
	}
}

// pass lets time pass, a minute at a time.
func (w *world) pass(t testing.TB, d time.Duration) {
	t.Helper()
	for ; d > 0; d -= time.Minute {
		w.Advance(min(d, time.Minute))
		w.tick(t)
	}
}

func (w *world) tick(t testing.TB) {
	t.Helper()
	if err := w.Tick(t.Context(), w.Now()); err != nil {
		t.Fatal(err)
	}
}

// buckets are those of the account.
type buckets struct {
	mu       sync.Mutex
	policies map[string]*string // by name; guarded by mu
	objects  map[string]object  // by bucket/key; guarded by mu
	puts     []string           // keys, in order; guarded by mu
	fail     error              // guarded by mu
	// applied says that what fails is written all the same.
	applied bool
	done    func()
}

type object struct {
	body   []byte
	header map[string]string
}

func (b *buckets) NeedOf(_ context.Context, action, name, key string, header map[string]string) (service.Need, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, ok := b.policies[name]
	if !ok {
		return service.Need{}, &smithy.GenericAPIError{Code: "NoSuchBucket"}
	}
	return service.Need{Action: action, Resource: "arn:aws:s3:::" + name + "/" + key, Policy: p, Context: policy.Context{"s3:x-amz-acl": {header["x-amz-acl"]}}}, nil
}

func (b *buckets) PutObject(ctx context.Context, name, key string, body []byte, header map[string]string) error {
	if c := service.CallerOf(ctx); c.Principal.Type != policy.ServicePrincipal || c.Account != servicetest.Account {
		return fmt.Errorf("called by %+v", c)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fail == nil || b.applied {
		b.objects[name+"/"+key] = object{body, header}
		b.puts = append(b.puts, key)
		b.done()
	}
	return b.fail
}

// keys are the keys in all buckets that hold a text, in order.
func (b *buckets) keys(with string) (keys []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for at := range b.objects {
		if strings.Contains(at, with) {
			keys = append(keys, at)
		}
	}
	slices.Sort(keys)
	return keys
}

// logs are the log groups: events are stored as the chain stores them.
type logs struct {
	db  *state.DB
	now func() time.Time

	mu   sync.Mutex
	ids  map[int64]map[event.ID]bool // guarded by mu
	put_ []string                    // group, stream and message; guarded by mu
	fail error                       // guarded by mu
	// applied says that what fails is written all the same.
	applied bool
	done    func()
}

func (l *logs) put(ctx context.Context, group int64, stream string, given []cloudtrail.LogEvent) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail != nil && !l.applied {
		return l.fail
	}
	if l.ids[group] == nil {
		l.ids[group] = map[event.ID]bool{}
	}
	var fresh []events.Event
	for _, e := range given {
		if !l.ids[group][e.ID] {
			l.ids[group][e.ID] = true
			l.put_ = append(l.put_, fmt.Sprintf("%d %s %s", group, stream, nameIn(e.Message)))
			fresh = append(fresh, events.Event{Time: e.Time.UnixMilli(), ID: e.ID, Ingested: l.now().UnixMilli(), Stream: stream, Message: e.Message})
		}
	}
	if len(fresh) > 0 {
		block, err := events.Encode(group, slices.Values(fresh))
		if err != nil {
			return err
		}
		if err := l.db.Update(ctx, func(tx *state.Tx) error { _, err := tx.AddBlock(ctx, block); return err }); err != nil {
			return err
		}
	}
	l.done()
	return l.fail
}

// of are the names of the events in a group.
func (l *logs) of(group int64) (names []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, one := range l.put_ {
		parts := strings.Fields(one)
		if parts[0] == fmt.Sprint(group) {
			names = append(names, parts[2])
		}
	}
	return names
}

func nameIn(message []byte) string {
	_, rest, _ := strings.Cut(string(message), `"eventName":"`)
	name, _, _ := strings.Cut(rest, `"`)
	return name
}

// testKey is a key that was made for tests.
func testKey(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	text, err := os.ReadFile("testdata/key.pem")
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// api are the operations, of the type itself and of the SDK's client.
type api interface {
	CreateTrail(context.Context, *sdk.CreateTrailInput, ...func(*sdk.Options)) (*sdk.CreateTrailOutput, error)
	UpdateTrail(context.Context, *sdk.UpdateTrailInput, ...func(*sdk.Options)) (*sdk.UpdateTrailOutput, error)
	DeleteTrail(context.Context, *sdk.DeleteTrailInput, ...func(*sdk.Options)) (*sdk.DeleteTrailOutput, error)
	GetTrail(context.Context, *sdk.GetTrailInput, ...func(*sdk.Options)) (*sdk.GetTrailOutput, error)
	DescribeTrails(context.Context, *sdk.DescribeTrailsInput, ...func(*sdk.Options)) (*sdk.DescribeTrailsOutput, error)
	ListTrails(context.Context, *sdk.ListTrailsInput, ...func(*sdk.Options)) (*sdk.ListTrailsOutput, error)
	GetTrailStatus(context.Context, *sdk.GetTrailStatusInput, ...func(*sdk.Options)) (*sdk.GetTrailStatusOutput, error)
	StartLogging(context.Context, *sdk.StartLoggingInput, ...func(*sdk.Options)) (*sdk.StartLoggingOutput, error)
	StopLogging(context.Context, *sdk.StopLoggingInput, ...func(*sdk.Options)) (*sdk.StopLoggingOutput, error)
	PutEventSelectors(context.Context, *sdk.PutEventSelectorsInput, ...func(*sdk.Options)) (*sdk.PutEventSelectorsOutput, error)
	GetEventSelectors(context.Context, *sdk.GetEventSelectorsInput, ...func(*sdk.Options)) (*sdk.GetEventSelectorsOutput, error)
	PutInsightSelectors(context.Context, *sdk.PutInsightSelectorsInput, ...func(*sdk.Options)) (*sdk.PutInsightSelectorsOutput, error)
	GetInsightSelectors(context.Context, *sdk.GetInsightSelectorsInput, ...func(*sdk.Options)) (*sdk.GetInsightSelectorsOutput, error)
	AddTags(context.Context, *sdk.AddTagsInput, ...func(*sdk.Options)) (*sdk.AddTagsOutput, error)
	RemoveTags(context.Context, *sdk.RemoveTagsInput, ...func(*sdk.Options)) (*sdk.RemoveTagsOutput, error)
	ListTags(context.Context, *sdk.ListTagsInput, ...func(*sdk.Options)) (*sdk.ListTagsOutput, error)
	LookupEvents(context.Context, *sdk.LookupEventsInput, ...func(*sdk.Options)) (*sdk.LookupEventsOutput, error)
	ListPublicKeys(context.Context, *sdk.ListPublicKeysInput, ...func(*sdk.Options)) (*sdk.ListPublicKeysOutput, error)
	CreateChannel(context.Context, *sdk.CreateChannelInput, ...func(*sdk.Options)) (*sdk.CreateChannelOutput, error)
	GetChannel(context.Context, *sdk.GetChannelInput, ...func(*sdk.Options)) (*sdk.GetChannelOutput, error)
	ListChannels(context.Context, *sdk.ListChannelsInput, ...func(*sdk.Options)) (*sdk.ListChannelsOutput, error)
	DeleteChannel(context.Context, *sdk.DeleteChannelInput, ...func(*sdk.Options)) (*sdk.DeleteChannelOutput, error)
}

var (
	_ api = (*cloudtrail.Service)(nil)
	_ api = (*sdk.Client)(nil)
)

// twice tells a story on the type itself and through the SDK's client.
func twice(t *testing.T, story func(t *testing.T, ctx context.Context, w *world, c api)) {
	t.Helper()
	t.Run("direct", func(t *testing.T) {
		w := newWorld(t)
		story(t, w.Context(t), w, w.Service)
	})
	t.Run("client", func(t *testing.T) {
		w := newWorld(t)
		story(t, t.Context(), w, sdk.NewFromConfig(w.Serve(t, w.served())))
	})
}

func (w *world) served() wire.Service {
	return wire.Service{Model: model.CloudTrail(), Methods: w.Service}
}

func must[T any](t testing.TB) func(v T, err error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func equal(t testing.TB, what string, want, got any, o ...cmp.Option) {
	t.Helper()
	if diff := cmp.Diff(want, got, o...); diff != "" {
		t.Errorf("%s:\n%s", what, diff)
	}
}
