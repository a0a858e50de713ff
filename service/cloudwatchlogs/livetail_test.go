package cloudwatchlogs_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"tocsin/internal/sdkhttp"
	logs "tocsin/service/cloudwatchlogs"
)

// A tailing is a session, however it was started.
type tailing struct {
	tick chan struct{} // has it look once
	next func() (types.StartLiveTailResponseStream, error, bool)
	end  func()
}

// tail starts a session directly, or through the SDK's client, on a service of its own.
func (w *world) tail(t *testing.T, in *cloudwatchlogs.StartLiveTailInput) (*tailing, error) {
	t.Helper()
	tick := clocked(t, w)
	client, remote := w.client.(*cloudwatchlogs.Client)
	if !remote {
		events, err := w.service.StartLiveTail(w.ctx, in)
		if err != nil {
			return nil, err
		}
		next, stop := iter.Pull2(events)
		t.Cleanup(stop)
		return &tailing{tick, next, stop}, nil
	}
	out, err := client.StartLiveTail(w.ctx, in, throughAnyName)
	if err != nil {
		return nil, err
	}
	stream := out.GetStream()
	t.Cleanup(func() { _ = stream.Close() })
	return &tailing{
		tick,
		func() (types.StartLiveTailResponseStream, error, bool) {
			if e, ok := <-stream.Events(); ok {
				return e, nil, true
			}
			return nil, stream.Err(), stream.Err() != nil
		},
		func() { _ = stream.Close() },
	}, nil
}

// throughAnyName has a client find 127.0.0.1 whatever the host is called: for Live
// Tail the SDK calls stream-127.0.0.1.
func throughAnyName(o *cloudwatchlogs.Options) {
	at, err := url.Parse(*o.BaseEndpoint)
	if err != nil {
		panic(err)
	}
	var dialer net.Dialer
	o.HTTPClient = sdkhttp.Client(&http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return dialer.DialContext(ctx, network, at.Host)
	}}})
}

// update are the messages of the next update, with blanks between them.
func (s *tailing) update(t *testing.T) (string, types.LiveTailSessionUpdate) {
	t.Helper()
	e, err, ok := s.next()
	u, is := e.(*types.StartLiveTailResponseStreamMemberSessionUpdate)
	if err != nil || !ok || !is {
		t.Fatalf("no update: %T %v", e, err)
	}
	var messages []string
	for _, r := range u.Value.SessionResults {
		messages = append(messages, *r.Message)
	}
	return strings.Join(messages, " "), u.Value
}

// clocked is a service whose Live Tail looks when it is told to.
func clocked(t *testing.T, w *world) (tick chan struct{}) {
	tick = make(chan struct{})
	w.service = logs.New(logs.Options{State: w.State, Events: w.store, Put: w.put, Now: w.Now, Sleep: func(ctx context.Context, d time.Duration) bool {
		if d != time.Second {
			t.Errorf("waits %v", d)
		}
		select {
		case <-tick:
			return true
		case <-ctx.Done():
			return false
		}
	}})
	if _, remote := w.client.(*cloudwatchlogs.Client); remote {
		w.client = cloudwatchlogs.NewFromConfig(w.serve(t))
	} else {
		w.client = w.service
	}
	return tick
}

func TestLiveTail(t *testing.T) {
	twice(t, func(t *testing.T, w *world) {
		for _, g := range []string{"app", "other"} {
			w.group(t, g)
			w.stream(t, g, "web-1")
			w.stream(t, g, "db")
		}
		w.say(t, "app", "web-1", 0, "before")
		both, err := w.tail(t, &cloudwatchlogs.StartLiveTailInput{LogGroupIdentifiers: []string{arn + "app", arn + "other"}, LogEventFilterPattern: aws.String("-ERROR")})
		if err != nil {
			t.Fatal(err)
		}
		one, err := w.tail(t, &cloudwatchlogs.StartLiveTailInput{LogGroupIdentifiers: []string{arn + "app"}, LogStreamNamePrefixes: []string{"web-"}})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []*tailing{both, one} {
			e, err, ok := s.next()
			start, is := e.(*types.StartLiveTailResponseStreamMemberSessionStart)
			if err != nil || !ok || !is || len(*start.Value.SessionId) != 36 || start.Value.LogGroupIdentifiers[0] != arn+"app" {
				t.Fatalf("no start: %T %v", e, err)
			}
		}
		look := func(s *tailing) (string, types.LiveTailSessionUpdate) {
			t.Helper()
			go func() { s.tick <- struct{}{} }()
			return s.update(t)
		}
		if got, u := look(both); got != "" || u.SessionMetadata.Sampled || u.SessionResults == nil {
			t.Errorf("of nothing: %s", got)
		}
		w.say(t, "app", "web-1", time.Second, "a", "ERROR")
		w.say(t, "other", "db", 1500*time.Millisecond, "b")
		w.say(t, "app", "db", 0, "c")
		got, u := look(both)
		if got != "b a c" {
			t.Errorf("of both groups: %s", got)
		}
		at := w.Now().UnixMilli()
		if r := u.SessionResults[0]; *r.LogGroupIdentifier != "123456789012:other" || *r.LogStreamName != "db" || *r.Timestamp != at-1500 || *r.IngestionTime != at {
			t.Errorf("%+v", r)
		}
		if got, _ := look(one); got != "a ERROR" {
			t.Errorf("of some streams: %s", got)
		}
		if got, _ := look(both); got != "" {
			t.Errorf("twice: %s", got)
		}
		// More than 500 are told by a part of them.
		var many []string
		for i := range 1200 {
			many = append(many, fmt.Sprint(i))
		}
		w.say(t, "app", "web-1", time.Hour, many...)
		if _, u := look(one); !u.SessionMetadata.Sampled || len(u.SessionResults) != 300 || *u.SessionResults[299].Message != "1196" {
			t.Errorf("%d of 1200", len(u.SessionResults))
		}
		w.Advance(3 * time.Hour)
		go func() { one.tick <- struct{}{} }()
		var timeout *types.SessionTimeoutException
		if _, err, _ := one.next(); !errors.As(err, &timeout) {
			t.Errorf("after three hours: %v", err)
		}
		both.end()
	})
}

func TestLiveTailIsRefused(t *testing.T) {
	twice(t, func(t *testing.T, w *world) {
		w.group(t, "app")
		for _, test := range []struct {
			in         cloudwatchlogs.StartLiveTailInput
			code, text string
		}{
			{cloudwatchlogs.StartLiveTailInput{LogGroupIdentifiers: []string{arn + "none"}}, "ResourceNotFoundException", "The specified log group does not exist."},
			{cloudwatchlogs.StartLiveTailInput{LogGroupIdentifiers: []string{"app"}}, "InvalidParameterException", "logGroupIdentifiers.1.member: app is not the ARN of a log group, without :* at its end."},
			{cloudwatchlogs.StartLiveTailInput{LogGroupIdentifiers: []string{arn + "app"}, LogEventFilterPattern: aws.String("ERR*")}, "InvalidParameterException", "Invalid filter pattern: Invalid character(s) in term '*'"},
			{cloudwatchlogs.StartLiveTailInput{LogGroupIdentifiers: []string{}}, "InvalidParameterException", "1 validation error detected: Value '[]' at 'logGroupIdentifiers' failed to satisfy constraint: Member must have length greater than or equal to 1"},
			{cloudwatchlogs.StartLiveTailInput{LogGroupIdentifiers: []string{arn + "app", arn + "app"}, LogStreamNames: []string{"a"}}, "InvalidParameterException", "logStreamNames and logStreamNamePrefixes can only be used with a single log group."},
			{cloudwatchlogs.StartLiveTailInput{LogGroupIdentifiers: []string{arn + "app"}, LogStreamNames: []string{"a"}, LogStreamNamePrefixes: []string{"a"}}, "InvalidParameterException", "logStreamNames and logStreamNamePrefixes are mutually exclusive parameters."},
		} {
			_, err := w.tail(t, &test.in)
			refusal(t, err, test.code, test.text)
		}
	})
}
