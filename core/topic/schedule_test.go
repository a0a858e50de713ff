package topic

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// written is the delays of a schedule in seconds; runs of equal ones are 3×20.
func written(s Schedule) string {
	var parts []string
	last, n := time.Duration(-1), 0
	flush := func() {
		seconds := float64(last.Milliseconds()) / 1000
		if n > 1 {
			parts = append(parts, fmt.Sprintf("%d×%g", n, seconds))
		} else if n == 1 {
			parts = append(parts, fmt.Sprint(seconds))
		}
	}
	for attempt := 1; ; attempt++ {
		delay, ok := s.Next(attempt)
		if ok && delay == last {
			n++
			continue
		}
		flush()
		if !ok {
			return strings.Join(parts, " ")
		}
		last, n = delay, 1
	}
}

func TestSchedules(t *testing.T) {
	for _, c := range []struct {
		name    string
		s       Schedule
		want    string
		retries int
		about   time.Duration
	}{
		{"sqs", BuiltInSchedule(SQS, false), "3×0 3×1 1.037 1.112 1.26 1.558 2.153 3.342 5.722 10.481 100001×20", 100_015, 23 * 24 * time.Hour},
		{"lambda", BuiltInSchedule(Lambda, true), "3×0 3×1 1.037 1.112 1.26 1.558 2.153 3.342 5.722 10.481 100001×20", 100_015, 23 * 24 * time.Hour},
		{"firehose", BuiltInSchedule(Firehose, false), "3×0 3×1 1.037 1.112 1.26 1.558 2.153 3.342 5.722 10.481 100001×20", 100_015, 23 * 24 * time.Hour},
		{"firehose throttled", BuiltInSchedule(Firehose, true), "3×10 11.155 13.464 18.082 27.319 45.793 82.74 156.634 304.423 39×600", 50, 6 * time.Hour},
		{"email", BuiltInSchedule(Email, false), "3×10 11.155 13.464 18.082 27.319 45.793 82.74 156.634 304.423 39×600", 50, 6 * time.Hour},
		{"a protocol of ours", BuiltInSchedule("slack", false), "3×10 11.155 13.464 18.082 27.319 45.793 82.74 156.634 304.423 39×600", 50, 6 * time.Hour},
		{"https", BuiltInSchedule(HTTPS, false), "3×20", 3, time.Minute},
		{"no retry", Schedule{Least: time.Second, Greatest: time.Second}, "", 0, 0},
		{"immediate only", Schedule{Immediate: 2, Least: time.Second, Greatest: time.Minute}, "2×0", 2, 0},
		{
			// The example of the SNS guide: four phases, five of ten seconds and more.
			"all phases",
			Schedule{Immediate: 3, PreBackoff: 2, InBackoff: 4, PostBackoff: 2, Least: 10 * time.Second, Greatest: 40 * time.Second, Function: Linear},
			"3×0 3×10 20 30 3×40", 11, 3 * time.Minute,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := written(c.s); got != c.want {
				t.Errorf("delays %s\nwant   %s", got, c.want)
			}
			if got := c.s.Retries(); got != c.retries {
				t.Errorf("%d retries, want %d", got, c.retries)
			}
			if got := c.s.Total(); got < c.about || got > c.about*3/2 {
				t.Errorf("total %s, want somewhat more than %s", got, c.about)
			}
			for _, attempt := range []int{-1, 0, c.retries + 1, c.retries + 2} {
				if d, ok := c.s.Next(attempt); ok || d != 0 {
					t.Errorf("after attempt %d: %s, %v", attempt, d, ok)
				}
			}
		})
	}
}

// TestBackoff has the guide's drawing: ten retries from 5 to 260 seconds.
func TestBackoff(t *testing.T) {
	for function, want := range map[Backoff]string{
		Linear:      "5 33.333 61.667 90 118.333 146.667 175 203.333 231.667 260",
		Arithmetic:  "5 10.667 22 39 61.667 90 124 163.667 209 260",
		Geometric:   "5 7.756 12.031 18.663 28.949 44.906 69.658 108.054 167.612 260",
		Exponential: "5 5.499 6.497 8.493 12.485 20.47 36.438 68.376 132.25 260",
		"":          "5 33.333 61.667 90 118.333 146.667 175 203.333 231.667 260",
	} {
		s := Schedule{InBackoff: 10, Least: 5 * time.Second, Greatest: 260 * time.Second, Function: function}
		if got := written(s); got != want {
			t.Errorf("%q: %s\nwant %s", function, got, want)
		}
	}
	for _, function := range []Backoff{Linear, Arithmetic, Geometric, Exponential} {
		for n, want := range map[int]string{1: "5", 2: "5 260"} {
			s := Schedule{InBackoff: n, Least: 5 * time.Second, Greatest: 260 * time.Second, Function: function}
			if got := written(s); got != want {
				t.Errorf("%q, %d retries: %s, want %s", function, n, got, want)
			}
		}
	}
}

func TestAnswers(t *testing.T) {
	for want, statuses := range map[Answer][]int{
		Delivered: {200, 201, 204, 299},
		Retry:     {100, 101, 429, 500, 502, 503, 504, 599, 0, 600},
		Permanent: {300, 301, 302, 304, 307, 308, 399, 400, 401, 403, 404, 410, 428, 430, 499},
	} {
		for _, status := range statuses {
			if got := OfStatus(status); got != want {
				t.Errorf("status %d: %s, want %s", status, got, want)
			}
		}
	}
	for want, codes := range map[Answer][]int{
		Delivered: {250, 251},
		Retry:     {421, 450, 451, 452, 0},
		Permanent: {500, 535, 550, 552, 554},
	} {
		for _, code := range codes {
			if got := OfReply(code); got != want {
				t.Errorf("reply %d: %s, want %s", code, got, want)
			}
		}
	}
	for _, c := range []struct {
		status int
		code   string
		want   Answer
	}{
		{202, "", Delivered},
		{400, "AWS.SimpleQueueService.NonExistentQueue", Permanent},
		{404, "ResourceNotFoundException", Permanent},
		{403, "AccessDenied", Permanent},
		{403, "RequestThrottled", Retry},
		{400, "ThrottlingException", Retry},
		{429, "TooManyRequestsException", Retry},
		{500, "InternalFailure", Retry},
	} {
		if got := OfService(c.status, c.code); got != c.want {
			t.Errorf("%d %s: %s, want %s", c.status, c.code, got, c.want)
		}
	}
}
