package deliver_test

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"tocsin/core/topic"
	"tocsin/flow/deliver"
	"tocsin/internal/freeport"
	"tocsin/notify"
	"tocsin/store/roster"
	"tocsin/store/state"
)

func publicKey(t testing.TB, s *roster.Signer) *rsa.PublicKey {
	t.Helper()
	block, _ := pem.Decode(s.CertificatePEM())
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return certificate.PublicKey.(*rsa.PublicKey)
}

func TestNotification(t *testing.T) {
	b := newBench(t, nil)
	e := newEndpoint(t, b.clock.now, nil)
	arn := b.subscribe(t, topic.HTTP, e.URL, nil)
	id := b.publish(t, "ding <dong>")
	if n := b.tick(t); n != 1 {
		t.Fatalf("%d attempts", n)
	}
	got := e.requests()
	if len(got) != 1 {
		t.Fatalf("%d requests", len(got))
	}
	d := got[0].document(t)
	if d.Type != topic.Notification || d.MessageID != id || d.Message != "ding <dong>" || d.TopicARN != alarms || d.SignatureVersion != topic.SignatureV1 ||
		d.Timestamp != "2026-07-01T12:00:00.000Z" || d.UnsubscribeURL != site.Unsubscribe(arn) || d.SigningCertURL != string(site)+b.signer.CertificatePath() {
		t.Errorf("the document is %+v", d)
	}
	if err := d.Verify(publicKey(t, b.signer)); err != nil {
		t.Error(err)
	}
	for name, want := range map[string]string{
		"X-Amz-Sns-Message-Id": id, "X-Amz-Sns-Message-Type": "Notification", "X-Amz-Sns-Subscription-Arn": arn,
		"Content-Type": topic.DefaultContentType, "User-Agent": topic.Agent,
	} {
		if have := got[0].header.Get(name); have != want {
			t.Errorf("%s is %q, not %q", name, have, want)
		}
	}
	done := b.delivery(t)
	if done.Status != state.Delivered || done.Attempts != 1 || !done.Done.Equal(start) {
		t.Errorf("the delivery is %+v", done)
	}
	if a := b.attempts(t, done); len(a) != 1 || a[0].Answer != "delivered" || a[0].Number != 1 || a[0].Detail != "HTTP 200" {
		t.Errorf("the attempts are %+v", a)
	}
	if n := b.tick(t); n != 0 {
		t.Errorf("%d attempts after all were made", n)
	}
	if s, want := b.Stats(), (deliver.Stats{Spread: 1, Attempts: 1, Delivered: 1}); s != want {
		t.Errorf("%+v, not %+v", s, want)
	}
}

func TestSignatureVersions(t *testing.T) {
	b := newBench(t, nil)
	b.update(t, func(ctx context.Context, tx *state.Tx) error {
		of, err := tx.Topic(ctx, alarms)
		if err != nil {
			return err
		}
		if of.Settings, err = of.Settings.Set("SignatureVersion", "2"); err != nil {
			return err
		}
		return tx.PutTopic(ctx, of)
	})
	e := newEndpoint(t, b.clock.now, nil)
	b.subscribe(t, topic.HTTP, e.URL, nil)
	b.publish(t, "m")
	b.tick(t)
	d := e.requests()[0].document(t)
	if d.SignatureVersion != topic.SignatureV2 {
		t.Errorf("version %s", d.SignatureVersion)
	}
	if err := d.Verify(publicKey(t, b.signer)); err != nil {
		t.Error(err)
	}
}

// A table answers for one protocol with a function.
type table map[topic.Protocol]func(context.Context, notify.Note) notify.Result

func (r table) For(p topic.Protocol) (notify.Receiver, bool) {
	f, ok := r[p]
	return receiverFunc(f), ok
}

type receiverFunc func(context.Context, notify.Note) notify.Result

func (f receiverFunc) Send(ctx context.Context, n notify.Note) notify.Result { return f(ctx, n) }

func TestLambdaIsSignedInVersion1(t *testing.T) {
	var notes []notify.Note
	b := newBench(t, func(o *deliver.Options) {
		o.Receivers = table{topic.Lambda: func(_ context.Context, n notify.Note) notify.Result {
			notes = append(notes, n)
			return notify.Result{Answer: topic.Delivered}
		}}
	})
	b.update(t, func(ctx context.Context, tx *state.Tx) error {
		return tx.PutTopic(ctx, state.Topic{ARN: alarms, Settings: topic.TopicSettings{SignatureVersion: topic.SignatureV2}})
	})
	b.subscribe(t, topic.Lambda, "arn:aws:lambda:eu-central-1:123456789012:function:f", nil)
	b.update(t, func(ctx context.Context, tx *state.Tx) error {
		return tx.Publish(ctx, state.Publication{
			Kind: topic.Notification, Message: topic.Message{ID: "id", TopicARN: alarms, Default: "m", Published: start},
			Summary: []byte(`{"alarm":"root-login","count":3}`),
		})
	})
	b.tick(t)
	if len(notes) != 1 || notes[0].Document.SignatureVersion != topic.SignatureV1 || notes[0].Summary == nil || notes[0].Summary.Count != 3 {
		t.Errorf("%+v", notes)
	}
}

func TestWhoGetsIt(t *testing.T) {
	b := newBench(t, nil)
	paths := map[string]map[string]string{
		"/all":     nil,
		"/raw":     {"RawMessageDelivery": "true"},
		"/matches": {"FilterPolicy": `{"severity":["high"]}`, "FilterPolicyScope": "MessageBody"},
		"/not":     {"FilterPolicy": `{"severity":["low"]}`, "FilterPolicyScope": "MessageBody"},
		"/none":    {"FilterPolicy": `{"severity":["high"]}`},
		"/typed":   {"DeliveryPolicy": `{"requestPolicy":{"headerContentType":"application/json"}}`},
	}
	var mu sync.Mutex
	got := map[string]received{}
	e := newEndpoint(t, b.clock.now, nil)
	e.answer = func(n int, _ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		got[r.URL.Path] = received{header: r.Header, body: []byte(r.Header.Get("X-Amz-Sns-Rawdelivery"))}
	}
	for path, attributes := range paths {
		b.subscribe(t, topic.HTTP, e.URL+path, attributes)
	}
	pending, err := b.roster.Subscribe(t.Context(), topic.SubscribeCall{TopicARN: alarms, Protocol: "email", Endpoint: "a@example.com", Owner: scope.Account})
	if err != nil || pending.Confirmed {
		t.Fatal(pending, err)
	}
	b.publish(t, `{"severity":"high"}`)
	b.runOut(t)
	if len(got) != 4 || string(got["/raw"].body) != "true" || got["/typed"].header.Get("Content-Type") != "application/json" {
		t.Errorf("it went to %v", got)
	}
	for _, path := range []string{"/all", "/raw", "/matches", "/typed"} {
		if _, ok := got[path]; !ok {
			t.Errorf("%s got nothing", path)
		}
	}
	// The fifth is the question to the mailbox, which has not confirmed.
	if all := b.deliveries(t); len(all) != 5 {
		t.Errorf("there are %+v", all)
	}
	if s := b.Stats(); s.Filtered != 2 || s.Delivered != 4 || s.Spread != 2 {
		t.Errorf("%+v", s)
	}
}

func TestConfirmationAndRestore(t *testing.T) {
	b := newBench(t, nil)
	e := newEndpoint(t, b.clock.now, nil)
	done, err := b.roster.SyncManaged(t.Context(), []roster.Named{{TopicARN: alarms, Protocol: topic.HTTP, Endpoint: e.URL, Attributes: map[string]string{"RawMessageDelivery": "true"}}})
	if err != nil {
		t.Fatal(err)
	}
	b.runOut(t)
	first := e.requests()[0].document(t)
	if first.Type != topic.SubscriptionConfirmation || first.SubscribeURL != site.Confirm(alarms, first.Token) {
		t.Fatalf("%+v", first)
	}
	arn := done.Added[0].ARN
	if s, err := b.roster.Confirm(t.Context(), alarms, first.Token, topic.ConfirmCall{}); err != nil || s.ARN != arn {
		t.Fatal(s, err)
	}
	if err := b.roster.Unsubscribe(t.Context(), arn, false); err != nil {
		t.Fatal(err)
	}
	b.runOut(t)
	got := e.requests()
	if len(got) != 2 {
		t.Fatalf("%d requests", len(got))
	}
	second := got[1].document(t)
	if second.Type != topic.UnsubscribeConfirmation || !strings.Contains(second.Message, arn) || got[1].header.Get("X-Amz-Sns-Subscription-Arn") != arn {
		t.Fatalf("%+v", second)
	}
	for _, d := range []topic.Document{first, second} {
		if err := d.Verify(publicKey(t, b.signer)); err != nil {
			t.Error(err)
		}
	}
	if s, err := b.roster.Confirm(t.Context(), alarms, second.Token, topic.ConfirmCall{}); err != nil || s.ARN != arn {
		t.Error(s, err)
	}
	b.publish(t, "back")
	b.runOut(t)
	if got := e.requests(); len(got) != 3 || string(got[2].body) != "back" {
		t.Errorf("%d requests, the last %q", len(got), got[len(got)-1].body)
	}
}

func TestRetriesOverHTTP(t *testing.T) {
	for _, c := range []struct {
		name, policy string
		answer       func(int, http.ResponseWriter, *http.Request)
		offsets      string
		status       state.DeliveryStatus
	}{
		{"default", "", status(503), "[0,20,40,60]", state.Dead},
		{"comes back", "", func(n int, w http.ResponseWriter, _ *http.Request) {
			if n < 3 {
				w.WriteHeader(500)
			}
		}, "[0,20,40]", state.Delivered},
		{
			"all phases", `{"healthyRetryPolicy":{"minDelayTarget":5,"maxDelayTarget":10,"numRetries":6,"numNoDelayRetries":1,"numMinDelayRetries":1,"numMaxDelayRetries":2}}`,
			status(500), "[0,0,5,10,20,30,40]", state.Dead,
		},
		{"client's fault", "", status(404), "[0]", state.Dead},
		{"moved", "", func(_ int, w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/there", http.StatusFound) }, "[0]", state.Dead},
		{"throttled", "", func(n int, w http.ResponseWriter, _ *http.Request) {
			if n == 1 {
				w.Header().Set("Retry-After", "90")
				w.WriteHeader(http.StatusTooManyRequests)
			}
		}, "[0,90]", state.Delivered},
		{"taken, and the answer is lost", "", func(n int, w http.ResponseWriter, _ *http.Request) {
			if n == 1 {
				panic(http.ErrAbortHandler)
			}
		}, "[0,20]", state.Delivered},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, nil)
			e := newEndpoint(t, b.clock.now, c.answer)
			e.Config.ErrorLog = nil
			attributes := map[string]string{}
			if c.policy != "" {
				attributes["DeliveryPolicy"] = c.policy
			}
			b.subscribe(t, topic.HTTP, e.URL, attributes)
			id := b.publish(t, "m")
			b.runOut(t)
			if got := e.offsets(t); got != c.offsets {
				t.Errorf("requests at %s, not %s", got, c.offsets)
			}
			first := e.requests()[0]
			for i, r := range e.requests() {
				if r.document(t).MessageID != id || string(r.body) != string(first.body) {
					t.Errorf("request %d is\n%s\nthe first was\n%s", i+1, r.body, first.body)
				}
			}
			d := b.delivery(t)
			if d.Status != c.status || d.Attempts != len(e.requests()) || len(b.attempts(t, d)) != d.Attempts {
				t.Errorf("%+v after %d requests", d, len(e.requests()))
			}
			s := b.Stats()
			if s.Attempts != int64(d.Attempts) || s.Attempts != s.Delivered+s.Retried+s.Dead {
				t.Errorf("%+v", s)
			}
		})
	}
}

func TestNobodyListens(t *testing.T) {
	b := newBench(t, nil)
	b.subscribe(t, topic.HTTP, "http://"+freeport.Address(t), nil)
	b.subscribe(t, topic.SMS, "+15551234567", nil) // which nothing delivers here
	b.publish(t, "m")
	b.runOut(t)
	for _, d := range b.deliveries(t) {
		want := 4
		if strings.Contains(d.Subscription, "sms") {
			want = 1
		}
		if d.Status != state.Dead || d.Attempts != want || d.Last == "" {
			t.Errorf("%+v", d)
		}
	}
}

func TestResend(t *testing.T) {
	b := newBench(t, nil)
	e := newEndpoint(t, b.clock.now, func(n int, w http.ResponseWriter, _ *http.Request) {
		if n <= 6 {
			w.WriteHeader(500)
		}
	})
	b.subscribe(t, topic.HTTP, e.URL, nil)
	b.publish(t, "m")
	b.runOut(t)
	dead := b.delivery(t)
	if dead.Status != state.Dead || dead.Attempts != 4 {
		t.Fatalf("%+v", dead)
	}
	b.clock.set(start.Add(time.Hour))
	if err := b.Resend(t.Context(), []int64{dead.ID}); err != nil {
		t.Fatal(err)
	}
	b.runOut(t)
	d := b.delivery(t)
	if d.Status != state.Delivered || d.Attempts != 7 || d.Round != 3 {
		t.Errorf("%+v", d)
	}
	if a := b.attempts(t, d); len(a) != 7 || a[6].Number != 7 {
		t.Errorf("%+v", a)
	}
	if got := e.offsets(t); got != "[0,20,40,60,3600,3620,3640]" {
		t.Errorf("requests at %s", got)
	}
}

func TestMaxReceivesPerSecond(t *testing.T) {
	b := newBench(t, nil)
	e := newEndpoint(t, b.clock.now, nil)
	b.subscribe(t, topic.HTTP, e.URL, map[string]string{"DeliveryPolicy": `{"throttlePolicy":{"maxReceivesPerSecond":3}}`})
	other := newEndpoint(t, b.clock.now, nil)
	b.subscribe(t, topic.HTTP, other.URL, nil)
	for i := range 10 {
		b.publish(t, fmt.Sprint(i))
	}
	b.runOut(t)
	got := e.requests()
	if len(got) != 10 {
		t.Fatalf("%d requests", len(got))
	}
	for i, r := range got[3:] {
		if gap := r.at.Sub(got[i].at); gap < time.Second {
			t.Errorf("requests %d to %d in %v", i+1, i+4, gap)
		}
	}
	if all := got[9].at.Sub(got[0].at); all > 3500*time.Millisecond {
		t.Errorf("10 messages took %v", all)
	}
	for _, r := range other.requests() {
		if !r.at.Equal(start) {
			t.Errorf("the other endpoint waited until %v", r.at)
		}
	}
}

// Two processes together do not send more than one may.
func TestMaxReceivesPerSecondOfTwo(t *testing.T) {
	b := newBench(t, nil)
	o := b.options
	o.Owner = "two"
	two := deliver.New(o)
	e := newEndpoint(t, b.clock.now, nil)
	b.subscribe(t, topic.HTTP, e.URL, map[string]string{"DeliveryPolicy": `{"throttlePolicy":{"maxReceivesPerSecond":2}}`})
	for i := range 6 {
		b.publish(t, fmt.Sprint(i))
	}
	for range 100 {
		at, ok := b.next(t)
		if !ok {
			break
		}
		if at.After(b.clock.now()) {
			b.clock.set(at)
		}
		if _, err := two.Tick(t.Context(), b.clock.now()); err != nil {
			t.Fatal(err)
		}
		b.tick(t)
	}
	got := e.requests()
	if len(got) != 6 {
		t.Fatalf("%d requests", len(got))
	}
	for i, r := range got[2:] {
		if gap := r.at.Sub(got[i].at); gap < time.Second {
			t.Errorf("requests %d to %d in %v", i+1, i+3, gap)
		}
	}
}

func TestChainLatency(t *testing.T) {
	var seen []time.Duration
	b := newBench(t, func(o *deliver.Options) { o.Observe = func(d time.Duration) { seen = append(seen, d) } })
	e := newEndpoint(t, b.clock.now, func(n int, w http.ResponseWriter, _ *http.Request) {
		if n == 1 {
			w.WriteHeader(500)
		}
	})
	b.subscribe(t, topic.HTTP, e.URL, nil)
	for id, from := range map[string]int64{"known": start.Add(-700 * time.Millisecond).UnixMilli()} {
		b.update(t, func(ctx context.Context, tx *state.Tx) error {
			return tx.Publish(ctx, state.Publication{Kind: topic.Notification, ChainStart: from, Message: topic.Message{ID: id, TopicARN: alarms, Default: "m", Published: start}})
		})
	}
	b.runOut(t)
	b.publish(t, "of unknown beginning")
	b.runOut(t)
	if len(seen) != 1 || seen[0] != 20_700*time.Millisecond {
		t.Errorf("%v", seen)
	}
}

func TestReceiverThatPanics(t *testing.T) {
	b := newBench(t, func(o *deliver.Options) {
		o.Receivers = table{topic.SMS: func(context.Context, notify.Note) notify.Result { panic("secret") }}
	})
	b.subscribe(t, topic.SMS, "+15551234567", nil)
	b.publish(t, "m")
	b.tick(t)
	if d := b.delivery(t); d.Status != state.Pending || d.Attempts != 1 || !d.Next.Equal(start.Add(10*time.Second)) || strings.Contains(d.Last, "secret") {
		t.Errorf("%+v", d)
	}
	if !strings.Contains(b.log.String(), "panicked") {
		t.Errorf("the log is %s", b.log)
	}
}
