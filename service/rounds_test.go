package service

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"regexp"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What fails is told when it begins and when it is over, and not between.
func TestRounds(t *testing.T) {
	var log bytes.Buffer
	answers := []error{nil, errors.New("first"), errors.New("second"), nil, nil, errors.New("third")}
	done := 0
	Rounds{
		Round: func(context.Context) error {
			err := answers[done]
			done++
			return err
		},
		Log: slog.New(slog.NewTextHandler(&log, nil)), Failing: "fails", Over: "goes on",
		Wait: func(context.Context) bool { return done < len(answers) },
	}.Run(t.Context())
	told := regexp.MustCompile(`time=\S+ `).ReplaceAllString(log.String(), "")
	if diff := cmp.Diff("level=ERROR msg=fails error=first\nlevel=INFO msg=\"goes on\"\nlevel=ERROR msg=fails error=third\n", told); diff != "" {
		t.Error(diff)
	}
}

// A round that fails because everything ends is no trouble.
func TestRoundsEnd(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var log bytes.Buffer
	Rounds{
		Round: func(ctx context.Context) error { cancel(); return ctx.Err() },
		Log:   slog.New(slog.NewTextHandler(&log, nil)),
		Wait:  func(context.Context) bool { t.Error("another round"); return false },
	}.Run(ctx)
	if log.Len() > 0 {
		t.Error(log.String())
	}
}

func TestSleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		wake := make(chan struct{}, 1)
		start := time.Now()
		if !Sleep(ctx, time.Minute, wake) || time.Since(start) != time.Minute {
			t.Errorf("slept %v of a minute", time.Since(start))
		}
		wake <- struct{}{}
		if !Sleep(ctx, time.Minute, wake) || time.Since(start) != time.Minute {
			t.Errorf("woke %v later", time.Since(start)-time.Minute)
		}
		cancel()
		if Sleep(ctx, time.Minute, nil) {
			t.Error("slept although all had ended")
		}
	})
}
