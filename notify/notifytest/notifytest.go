// Package notifytest holds what every receiver of package notify must pass: an
// attempt is judged rightly whatever the other side does, ends when it is told
// to, reads only so much, tells no secrets, and brings hostile text as text.
package notifytest

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"tocsin/core/topic"
	"tocsin/notify"
)

// A Behaviour is how the other side takes what it is sent.
type Behaviour int

const (
	Accept    Behaviour = iota
	Refuse              // for good
	Fail                // for now
	Throttle            // for now, as there was too much
	Hang                // takes the whole message and says nothing
	HangEarly           // says nothing from the beginning
	Cut                 // takes the message for good, and closes the connection without an answer
	Chatter             // refuses with an answer that does not end
	Redirect            // to another place of its own, in different ways in turn
	Echo                // refuses with everything that it was sent, passwords included
)

// A Peer is the other side of a receiver: a real server on loopback.
type Peer struct {
	Receiver notify.Receiver
	Protocol topic.Protocol
	Endpoint string
	// Behave makes the peer behave so from now on. False: the protocol knows nothing
	// of the kind.
	Behave func(Behaviour) bool
	// Reached gets a value whenever Hang and HangEarly have begun.
	Reached <-chan struct{}
	// Accepted are the messages that the peer took for good, as they came, in any order.
	Accepted func() []string
	// Elsewhere tells how many requests came to where Redirect leads.
	Elsewhere func() int
	// Sent is how much of the endless answer was written, in bytes.
	Sent func() int64
	// RetryAfter is what Throttle asks for, 0 if the protocol cannot say.
	RetryAfter time.Duration
	// Secrets are what no Detail may show.
	Secrets []string
	// Inspect looks into a message that was made of hostile texts.
	Inspect func(t *testing.T, accepted string)
}

// Run runs the suite on peers that start makes.
func Run(t *testing.T, start func(t *testing.T) Peer) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, p Peer)
	}{
		{"delivers every kind", deliversEveryKind},
		{"refused for good", refused},
		{"fails for now", fails},
		{"throttled", throttled},
		{"hanging peer ends with the context", func(t *testing.T, p Peer) { hangs(t, p, Hang) }},
		{"hanging peer ends with the context early", func(t *testing.T, p Peer) { hangs(t, p, HangEarly) }},
		{"context that is over", over},
		{"failed but applied", applied},
		{"endless answer", chatter},
		{"redirect is not followed", redirected},
		{"secrets stay secret", secrets},
		{"many goroutines", many},
		{"hostile texts", hostile},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, start(t)) })
	}
}

// timeLimit is how long an attempt may take that is not hung, on a busy machine.
const timeLimit = 2 * time.Minute

// send makes an attempt and checks what is true of every result.
func send(ctx context.Context, t *testing.T, p Peer, n notify.Note) notify.Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, timeLimit)
	defer cancel()
	result := p.Receiver.Send(ctx, n)
	switch {
	case len(result.Detail) > notify.MaxDetail:
		t.Errorf("Detail has %d bytes, may have %d", len(result.Detail), notify.MaxDetail)
	case !utf8.ValidString(result.Detail) || strings.ContainsFunc(result.Detail, func(r rune) bool { return !unicode.IsGraphic(r) && r != utf8.RuneError }):
		t.Errorf("Detail is not one printable line: %q", result.Detail)
	case result.Answer != topic.Delivered && result.Detail == "":
		t.Error("an attempt that failed has no Detail")
	case result.RetryAfter < 0 || result.RetryAfter > 0 && !result.Throttled:
		t.Errorf("RetryAfter %v, Throttled %v", result.RetryAfter, result.Throttled)
	}
	for _, secret := range append(slices.Clone(p.Secrets), token) {
		if strings.Contains(result.Detail, secret) {
			t.Errorf("Detail shows a secret: %q", result.Detail)
		}
	}
	return result
}

func want(t *testing.T, got notify.Result, answer topic.Answer) {
	t.Helper()
	if got.Answer != answer {
		t.Errorf("%v (%s), want %v", got.Answer, got.Detail, answer)
	}
}

// behave makes the peer behave, or skips the test.
func behave(t *testing.T, p Peer, b Behaviour) {
	t.Helper()
	if !p.Behave(b) {
		t.Skip("the protocol knows nothing of the kind")
	}
}

func deliversEveryKind(t *testing.T, p Peer) {
	behave(t, p, Accept)
	for _, n := range Notes(p.Protocol, p.Endpoint) {
		result := send(t.Context(), t, p, n)
		want(t, result, topic.Delivered)
		if result.Throttled {
			t.Error("Throttled")
		}
	}
	if got, want := len(p.Accepted()), len(Notes(p.Protocol, p.Endpoint)); got != want {
		t.Errorf("%d messages arrived, want %d", got, want)
	}
}

func refused(t *testing.T, p Peer) {
	behave(t, p, Refuse)
	want(t, send(t.Context(), t, p, Alarm(p.Protocol, p.Endpoint)), topic.Permanent)
}

func fails(t *testing.T, p Peer) {
	behave(t, p, Fail)
	want(t, send(t.Context(), t, p, Alarm(p.Protocol, p.Endpoint)), topic.Retry)
	behave(t, p, Accept)
	want(t, send(t.Context(), t, p, Alarm(p.Protocol, p.Endpoint)), topic.Delivered)
}

func throttled(t *testing.T, p Peer) {
	behave(t, p, Throttle)
	result := send(t.Context(), t, p, Alarm(p.Protocol, p.Endpoint))
	want(t, result, topic.Retry)
	if !result.Throttled || result.RetryAfter != p.RetryAfter {
		t.Errorf("Throttled %v, RetryAfter %v, want %v", result.Throttled, result.RetryAfter, p.RetryAfter)
	}
}

func hangs(t *testing.T, p Peer, b Behaviour) {
	behave(t, p, b)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan time.Time, 1)
	go func() {
		select {
		case <-p.Reached:
			ended <- time.Now()
		case <-ctx.Done():
		}
		cancel()
	}()
	want(t, send(ctx, t, p, Alarm(p.Protocol, p.Endpoint)), topic.Retry)
	if ctx.Err() == nil {
		t.Fatal("the attempt ended before its context")
	}
	// Less than what bounds an attempt anyway.
	if took := time.Since(<-ended); took > topic.DeliveryTimeout*2/3 {
		t.Errorf("the attempt outlived its context: %v", took)
	}
}

func over(t *testing.T, p Peer) {
	behave(t, p, Accept)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	want(t, send(ctx, t, p, Alarm(p.Protocol, p.Endpoint)), topic.Retry)
	if n := len(p.Accepted()); n != 0 {
		t.Errorf("%d messages arrived all the same", n)
	}
}

func applied(t *testing.T, p Peer) {
	behave(t, p, Cut)
	want(t, send(t.Context(), t, p, Alarm(p.Protocol, p.Endpoint)), topic.Retry)
	first := p.Accepted()
	if len(first) == 0 {
		t.Fatal("the message did not arrive: nothing was tested")
	}
	behave(t, p, Accept)
	want(t, send(t.Context(), t, p, Alarm(p.Protocol, p.Endpoint)), topic.Delivered)
	for _, again := range p.Accepted() {
		if again != first[0] {
			t.Errorf("the repeat differs, so that it cannot be told:\n%s\n%s", first[0], again)
		}
	}
}

func chatter(t *testing.T, p Peer) {
	behave(t, p, Chatter)
	if result := send(t.Context(), t, p, Alarm(p.Protocol, p.Endpoint)); result.Answer == topic.Delivered {
		t.Error("delivered")
	}
	// What the peer could write is what was read and what two kernel buffers hold.
	if sent := p.Sent(); sent == 0 || sent > 24<<20 {
		t.Errorf("the peer got rid of %d bytes", sent)
	}
}

func redirected(t *testing.T, p Peer) {
	behave(t, p, Redirect)
	for range 2 { // peers have two kinds of redirect, which they use in turn
		if result := send(t.Context(), t, p, Alarm(p.Protocol, p.Endpoint)); result.Answer == topic.Delivered {
			t.Error("delivered")
		}
	}
	if n := p.Elsewhere(); n != 0 {
		t.Errorf("%d requests followed the redirect", n)
	}
}

// secrets: what is checked is in send.
func secrets(t *testing.T, p Peer) {
	behave(t, p, Echo)
	for _, n := range Notes(p.Protocol, p.Endpoint) {
		if result := send(t.Context(), t, p, n); result.Answer == topic.Delivered {
			t.Error("delivered")
		}
	}
}

func many(t *testing.T, p Peer) {
	behave(t, p, Accept)
	const goroutines, each = 16, 4
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for range each {
				want(t, send(t.Context(), t, p, Alarm(p.Protocol, p.Endpoint)), topic.Delivered)
			}
		})
	}
	wg.Wait()
	if got := len(p.Accepted()); got != goroutines*each {
		t.Errorf("%d messages arrived, want %d", got, goroutines*each)
	}
}

// hostile: each text in turn stands in every field that others than the operator
// may fill.
func hostile(t *testing.T, p Peer) {
	behave(t, p, Accept)
	for _, text := range Hostile {
		for _, n := range []notify.Note{Alarm(p.Protocol, p.Endpoint), Plain(p.Protocol, p.Endpoint)} {
			n = fill(n, text)
			before := len(p.Accepted())
			result := send(t.Context(), t, p, n)
			after := p.Accepted()
			if result.Answer != topic.Delivered {
				// To refuse is right too, if nothing arrived and it is not tried again.
				if result.Answer != topic.Permanent || len(after) != before {
					t.Errorf("%.40q: %v (%s), %d arrived", text, result.Answer, result.Detail, len(after)-before)
				}
				continue
			}
			if len(after) != before+1 {
				t.Errorf("%.40q: %d messages arrived, want 1", text, len(after)-before)
				continue
			}
			message := after[len(after)-1]
			if len(message) > maxMessage {
				t.Errorf("%.40q: the message has %d bytes", text, len(message))
			}
			p.Inspect(t, message)
		}
	}
}

// maxMessage is room for SNS's largest message in its clumsiest form.
const maxMessage = 4 << 20
