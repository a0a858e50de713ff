package model_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tocsin/internal/sdkhttp"
	"tocsin/wire"
	"tocsin/wire/model"
)

// A streamer streams what a test wants.
type streamer struct {
	refuse error // in place of the stream
	events func(ctx context.Context, yield func(types.StartLiveTailResponseStream, error) bool)
	in     *cloudwatchlogs.StartLiveTailInput

	streams context.Context // of the handler
	conns   *patient        // of the server
}

// A patient listener gives connections whose deadlines do not pass by themselves, on
// however slow a machine, but when it is told that time has passed.
type patient struct {
	net.Listener
	mu   sync.Mutex
	open []*waiting // guarded by mu
}

func (p *patient) Accept() (net.Conn, error) {
	c, err := p.Listener.Accept()
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	w := &waiting{Conn: c}
	p.open = append(p.open, w)
	return w, nil
}

// pass has all deadlines pass that are set.
func (p *patient) pass() (err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, w := range p.open {
		w.mu.Lock()
		if w.read {
			err = errors.Join(err, w.Conn.SetReadDeadline(time.Unix(1, 0)))
		}
		if w.write {
			err = errors.Join(err, w.Conn.SetWriteDeadline(time.Unix(1, 0)))
		}
		w.mu.Unlock()
	}
	return err
}

// A waiting connection is one of a patient listener.
type waiting struct {
	net.Conn
	mu          sync.Mutex
	read, write bool // a deadline is set; guarded by mu
}

func (w *waiting) SetReadDeadline(at time.Time) error {
	return w.set(&w.read, at, w.Conn.SetReadDeadline)
}

func (w *waiting) SetWriteDeadline(at time.Time) error {
	return w.set(&w.write, at, w.Conn.SetWriteDeadline)
}

func (w *waiting) set(is *bool, at time.Time, set func(time.Time) error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if *is = at.After(time.Now()); *is {
		at = time.Time{}
	}
	return set(at) // what is over is so at once: thus a server ends its own reading
}

func (s *streamer) StartLiveTail(ctx context.Context, in *cloudwatchlogs.StartLiveTailInput) (iter.Seq2[types.StartLiveTailResponseStream, error], error) {
	s.in = in
	if s.refuse != nil {
		return nil, s.refuse
	}
	return func(yield func(types.StartLiveTailResponseStream, error) bool) { s.events(ctx, yield) }, nil
}

// tail calls the streamer through the SDK's client and gives what came, and how it ended.
func (s *streamer) tail(t *testing.T, log io.Writer) (events []types.StartLiveTailResponseStream, err error) {
	t.Helper()
	out, err := s.client(t, log).StartLiveTail(t.Context(), &cloudwatchlogs.StartLiveTailInput{LogGroupIdentifiers: []string{"g"}})
	if err != nil {
		return nil, err
	}
	stream := out.GetStream()
	for e := range stream.Events() {
		events = append(events, e)
	}
	return events, errors.Join(stream.Err(), stream.Close())
}

func (s *streamer) client(t *testing.T, log io.Writer) *cloudwatchlogs.Client {
	t.Helper()
	h, err := wire.New(wire.Options{Services: []wire.Service{{Model: model.CloudWatchLogs(), Methods: s}}, Streams: s.streams, Log: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(h)
	server.Config.ReadTimeout, server.Config.WriteTimeout = time.Hour, time.Hour
	s.conns = &patient{Listener: server.Listener}
	server.Listener = s.conns
	server.Start()
	t.Cleanup(server.Close)
	// The SDK calls another host for this operation, stream-127.0.0.1.
	var dialer net.Dialer
	transport := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return dialer.DialContext(ctx, network, server.Listener.Addr().String())
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return cloudwatchlogs.New(cloudwatchlogs.Options{
		Region: "eu-west-1", BaseEndpoint: &server.URL, HTTPClient: sdkhttp.Client(&http.Client{Transport: transport}), Credentials: key(), Retryer: aws.NopRetryer{},
	})
}

func TestEventStream(t *testing.T) {
	start := &types.StartLiveTailResponseStreamMemberSessionStart{Value: types.LiveTailSessionStart{SessionId: aws.String("one"), LogGroupIdentifiers: []string{"g"}}}
	update := &types.StartLiveTailResponseStreamMemberSessionUpdate{Value: types.LiveTailSessionUpdate{
		SessionMetadata: &types.LiveTailSessionMetadata{Sampled: true},
		SessionResults:  []types.LiveTailSessionLogEvent{{Message: aws.String("a\n\"b\""), Timestamp: aws.Int64(5), LogStreamName: aws.String("s")}},
	}}
	both := []types.StartLiveTailResponseStream{start, update}
	for _, test := range []struct {
		name   string
		refuse error
		end    error // behind both events
		panics bool
		want   string // of the client's error
		logged bool
	}{
		{name: "to its end"},
		{name: "refused", refuse: &types.InvalidParameterException{Message: aws.String("no")}, want: "InvalidParameterException: no"},
		{name: "an exception", end: &types.SessionTimeoutException{Message: aws.String("three hours")}, want: "SessionTimeoutException: three hours"},
		{name: "an error of all services", end: &smithy.GenericAPIError{Code: "Throttling", Message: "slowly"}, want: "ThrottlingException: slowly"},
		{name: "a failure", end: errors.New("secret"), want: "InternalFailure", logged: true},
		{name: "a panic", panics: true, want: "InternalFailure", logged: true},
		{name: "a failure before", refuse: errors.New("secret"), want: "InternalFailure", logged: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &streamer{refuse: test.refuse, events: func(_ context.Context, yield func(types.StartLiveTailResponseStream, error) bool) {
				for _, e := range both {
					if !yield(e, nil) {
						t.Error("the client has gone")
						return
					}
				}
				if test.panics {
					panic("secret")
				}
				if test.end != nil {
					yield(nil, test.end)
				}
			}}
			var log bytes.Buffer
			got, err := s.tail(t, &log)
			if test.refuse == nil {
				if d := cmp.Diff(both, got, cmpopts.IgnoreUnexported(types.LiveTailSessionStart{}, types.LiveTailSessionUpdate{}, types.LiveTailSessionLogEvent{},
					types.LiveTailSessionMetadata{}, types.StartLiveTailResponseStreamMemberSessionStart{}, types.StartLiveTailResponseStreamMemberSessionUpdate{})); d != "" {
					t.Error(d)
				}
			}
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) || err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("ended with %v", err)
			}
			if (log.Len() > 0) != test.logged {
				t.Errorf("log: %s", log.String())
			}
			if len(s.in.LogGroupIdentifiers) != 1 {
				t.Errorf("input: %+v", s.in)
			}
		})
	}
}

// A stream goes on for longer than the server gives other requests, and ends when
// the client goes.
func TestEventStreamOfAClientThatGoes(t *testing.T) {
	ended, next := make(chan error, 1), make(chan struct{})
	s := &streamer{events: func(ctx context.Context, yield func(types.StartLiveTailResponseStream, error) bool) {
		defer func() { ended <- ctx.Err() }()
		for yield(&types.StartLiveTailResponseStreamMemberSessionUpdate{}, nil) {
			select {
			case <-next:
			case <-ctx.Done():
				return
			}
		}
	}}
	out, err := s.client(t, io.Discard).StartLiveTail(t.Context(), &cloudwatchlogs.StartLiveTailInput{LogGroupIdentifiers: []string{"g"}})
	if err != nil {
		t.Fatal(err)
	}
	stream := out.GetStream()
	for n := range 3 {
		if _, ok := <-stream.Events(); !ok {
			t.Fatalf("the stream ended after %d events: %v", n, stream.Err())
		}
		if err := s.conns.pass(); err != nil {
			t.Fatal(err)
		}
		if n == 2 {
			break
		}
		select {
		case next <- struct{}{}:
		case err := <-ended:
			t.Fatalf("the stream ended after %d events: %v", n+1, err)
		}
	}
	if err := stream.Close(); err != nil {
		t.Fatal(err)
	}
	<-ended
}

// When the server is to end, its streams do, as if there were no more events.
func TestEventStreamOfAServerThatEnds(t *testing.T) {
	streams, end := context.WithCancel(t.Context())
	s := &streamer{streams: streams, events: func(ctx context.Context, yield func(types.StartLiveTailResponseStream, error) bool) {
		if yield(&types.StartLiveTailResponseStreamMemberSessionStart{}, nil) {
			<-ctx.Done()
		}
	}}
	out, err := s.client(t, io.Discard).StartLiveTail(t.Context(), &cloudwatchlogs.StartLiveTailInput{LogGroupIdentifiers: []string{"g"}})
	if err != nil {
		t.Fatal(err)
	}
	stream := out.GetStream()
	if _, ok := <-stream.Events(); !ok {
		t.Fatal(stream.Err())
	}
	end()
	if e, ok := <-stream.Events(); ok {
		t.Errorf("another event: %T", e)
	}
	if err := errors.Join(stream.Err(), stream.Close()); err != nil {
		t.Error(err)
	}
}

// A method that streams is one only in JSON.
func TestEventStreamInAnotherProtocol(t *testing.T) {
	m := model.CloudWatchLogs()
	m.CBOR = true
	h, err := wire.New(wire.Options{Services: []wire.Service{{Model: m, Methods: &streamer{}}}})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/service/Logs_20140328/operation/StartLiveTail", strings.NewReader("\xa0"))
	r.Header.Set("Smithy-Protocol", "rpc-v2-cbor")
	r.Header.Set("Content-Type", "application/cbor")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "UnsupportedOperation") {
		t.Errorf("%d %s", w.Code, w.Body.String())
	}
}

// A union without members in the model is a mistake that New tells of.
func TestEventStreamOfAnUnknownUnion(t *testing.T) {
	m := model.CloudWatchLogs()
	m.Unions = nil
	_, err := wire.New(wire.Options{Services: []wire.Service{{Model: m, Methods: &streamer{}}}})
	if err == nil || !strings.Contains(err.Error(), "StartLiveTail") {
		t.Errorf("got %v", err)
	}
}
