package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"time"

	"tocsin/store/state"
)

// The words of a configuration are types that read themselves from a text, and
// print as the text to write.

// A Duration is a length of time in plain words: 90s, 5 min, 1d12h, 14 days.
type Duration time.Duration

const day = Duration(24 * time.Hour)

// units of time from the longest to the shortest, the word that is printed last.
var timeUnits = []struct {
	length time.Duration
	names  []string
}{
	{7 * 24 * time.Hour, []string{"w", "week", "weeks"}},
	{24 * time.Hour, []string{"d", "day", "days"}},
	{time.Hour, []string{"h", "hour", "hours"}},
	{time.Minute, []string{"m", "min", "minute", "minutes"}},
	{time.Second, []string{"s", "sec", "second", "seconds"}},
	{time.Millisecond, []string{"ms"}},
}

const (
	durationForms = "write 30s, 5m, 2h, 14 days or 1d12h"
	maxDuration   = 100 * 365 * 24 * time.Hour
)

func (d *Duration) read(text string) error {
	rest, sum := strings.TrimSpace(text), time.Duration(0)
	for rest != "" {
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		n, err := strconv.Atoi(rest[:digits])
		rest = strings.TrimLeft(rest[digits:], " ")
		word := rest[:len(rest)-len(strings.TrimLeft(rest, "abcdefghijklmnopqrstuvwxyz"))]
		rest = strings.TrimLeft(rest[len(word):], " ")
		unit := unitOf(word)
		if err == nil && word == "" {
			return fmt.Errorf("%q has no unit: %s", text, durationForms)
		}
		if err != nil || unit == 0 {
			return fmt.Errorf("%q is no length of time: %s", text, durationForms)
		}
		if time.Duration(n) > (maxDuration-sum)/unit {
			return fmt.Errorf("%q is longer than 100 years", text)
		}
		sum += time.Duration(n) * unit
	}
	if strings.TrimSpace(text) == "" {
		return fmt.Errorf("no length of time stands here: %s", durationForms)
	}
	*d = Duration(sum)
	return nil
}

func unitOf(word string) time.Duration {
	for _, u := range timeUnits {
		for _, n := range u.names {
			if n == word {
				return u.length
			}
		}
	}
	return 0
}

// String is the length in the longest unit that it is a whole number of.
func (d Duration) String() string {
	for _, u := range timeUnits[1:] {
		if n := time.Duration(d) / u.length; n > 0 && time.Duration(d)%u.length == 0 {
			name := u.names[len(u.names)-1]
			if n == 1 {
				name = strings.TrimSuffix(name, "s")
			}
			return fmt.Sprintf("%d %s", n, name)
		}
	}
	return time.Duration(d).String()
}

// A Size is a number of bytes in plain words: 4 MiB, 100MB, 16 GiB.
type Size int64

var sizeUnits = []struct {
	name string
	size Size
}{
	{"TiB", 1 << 40},
	{"GiB", 1 << 30},
	{"MiB", 1 << 20},
	{"KiB", 1 << 10},
	{"TB", 1e12},
	{"GB", 1e9},
	{"MB", 1e6},
	{"kB", 1e3},
	{"B", 1},
}

const sizeForms = "write 4 MiB, 100 MB or 16 GiB"

func (s *Size) read(text string) error {
	rest := strings.TrimSpace(text)
	digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
	n, err := strconv.ParseInt(rest[:digits], 10, 64)
	word := strings.TrimSpace(rest[digits:])
	if err == nil && word == "" {
		return fmt.Errorf("%q has no unit: %s", text, sizeForms)
	}
	for _, u := range sizeUnits {
		if err == nil && strings.EqualFold(word, u.name) {
			if n > (1<<62)/int64(u.size) {
				return fmt.Errorf("%q is too large", text)
			}
			*s = Size(n) * u.size
			return nil
		}
	}
	return fmt.Errorf("%q is no size: %s", text, sizeForms)
}

// String is the size in the largest unit that it is a whole number of.
func (s Size) String() string {
	for _, u := range sizeUnits {
		if s > 0 && s%u.size == 0 {
			return fmt.Sprintf("%d %s", s/u.size, u.name)
		}
	}
	return "0 B"
}

// A Since is from when on a source that was never read is read: a time, or how
// long before the start. Its zero value leaves it to the source.
type Since struct {
	At        time.Time
	Ago       Duration
	Beginning bool
	Now       bool // only what comes from now on
}

func (s *Since) read(text string) error {
	*s = Since{}
	switch text = strings.TrimSpace(text); text {
	case "beginning":
		s.Beginning = true
		return nil
	case "now":
		s.Now = true
		return nil
	}
	for _, form := range []string{time.DateOnly, "2006-01-02T15:04", "2006-01-02T15:04:05", time.RFC3339} {
		if t, err := time.Parse(form, text); err == nil {
			s.At = t.UTC()
			return nil
		}
	}
	if s.Ago.read(strings.TrimSuffix(text, " ago")) == nil && s.Ago > 0 {
		return nil
	}
	return fmt.Errorf("%q is no time: write beginning, now, 7 days (ago), 2026-01-31 or 2026-01-31T12:00:00Z", text)
}

// String is the form that read takes.
func (s Since) String() string {
	switch {
	case s.Now:
		return "now"
	case s.Ago > 0:
		return s.Ago.String()
	case !s.At.IsZero():
		return s.At.Format(time.RFC3339)
	case s.Beginning:
		return "beginning"
	}
	return ""
}

// From is the time that s means at now, zero where the source decides.
func (s Since) From(now time.Time) time.Time {
	switch {
	case s.Beginning:
		return time.Unix(1, 0).UTC()
	case s.Now:
		return now
	case s.Ago > 0:
		return now.Add(-time.Duration(s.Ago))
	}
	return s.At
}

// A Day is a time, or the beginning of a day.
type Day struct{ time.Time }

func (d *Day) read(text string) error {
	for _, form := range []string{time.DateOnly, "2006-01-02T15:04", "2006-01-02T15:04:05", time.RFC3339} {
		if t, err := time.Parse(form, strings.TrimSpace(text)); err == nil {
			d.Time = t.UTC()
			return nil
		}
	}
	return fmt.Errorf("%q is no time: write 2026-01-31, or 2026-01-31T12:00:00Z", text)
}

// A Listen is an address to listen on, host:port, or off.
type Listen string

// Off tells whether nothing listens.
func (l Listen) Off() bool { return l == "off" }

func (l *Listen) read(text string) error {
	if text == "off" {
		*l = "off"
		return nil
	}
	host, port, err := net.SplitHostPort(text)
	n, wrong := strconv.ParseUint(port, 10, 16)
	switch {
	case err != nil && strings.Trim(text, "0123456789") == "" && text != "":
		return fmt.Errorf("%q is no address: write 127.0.0.1:%s, or :%s for all addresses of this machine", text, text, text)
	case err != nil || wrong != nil || strings.ContainsAny(host, "/ "):
		return fmt.Errorf("%q is no address to listen on: write HOST:PORT, such as 127.0.0.1:4580, or off", text)
	}
	*l = Listen(net.JoinHostPort(host, strconv.FormatUint(n, 10)))
	return nil
}

// reachable is an address at which this machine reaches what listens there.
func (l Listen) reachable() string {
	host, port, err := net.SplitHostPort(string(l))
	if err != nil {
		return string(l)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}

// A Timing says when alarms are evaluated: as soon as there is something new, or
// on CloudWatch's cadence.
type Timing string

const (
	Immediate Timing = "immediate"
	Faithful  Timing = "faithful"
)

func (t *Timing) read(text string) error { return oneOf(t, text, Immediate, Faithful) }

// A Clock says what time it is: that of the system, or one that is moved by hand,
// for tests.
type Clock string

const (
	SystemClock Clock = "system"
	ManualClock Clock = "manual"
)

func (c *Clock) read(text string) error { return oneOf(c, text, SystemClock, ManualClock) }

// A Repeat says whether an alarm that lasts is told again; its texts are off,
// interval and on-new-events.
type Repeat state.RepeatMode

func (r *Repeat) read(text string) error {
	if text == "off" {
		*r = Repeat(state.RepeatOff)
		return nil
	}
	if oneOf(r, text, Repeat(state.RepeatInterval), Repeat(state.RepeatOnNewEvents)) != nil {
		return fmt.Errorf("%q is not known here: write off, interval or on-new-events", text)
	}
	return nil
}

func (r Repeat) String() string {
	if state.RepeatMode(r) == state.RepeatOff {
		return "off"
	}
	return string(r)
}

// A LogFormat is the form of the log.
type LogFormat string

const (
	FormatAuto LogFormat = "auto" // text on a terminal, JSON elsewhere
	FormatText LogFormat = "text"
	FormatJSON LogFormat = "json"
)

func (f *LogFormat) read(text string) error {
	return oneOf(f, text, FormatAuto, FormatText, FormatJSON)
}

// A LogLevel is the least level that is logged.
type LogLevel slog.Level

func (l *LogLevel) read(text string) error {
	for _, level := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError} {
		if text == LogLevel(level).String() {
			*l = LogLevel(level)
			return nil
		}
	}
	return fmt.Errorf("%q is no level: write debug, info, warn or error", text)
}

// String is debug, info, warn or error.
func (l LogLevel) String() string { return strings.ToLower(slog.Level(l).String()) }

func oneOf[T ~string](into *T, text string, words ...T) error {
	for _, w := range words {
		if text == string(w) {
			*into = w
			return nil
		}
	}
	var list []string
	for _, w := range words {
		list = append(list, string(w))
	}
	return fmt.Errorf("%q is not known here: write %s", text, enumerate(list))
}

// enumerate writes a, b or c.
func enumerate(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

// JSON is a value that may stand in the file as members or as the text of a JSON
// object; "" when nothing stands there.
type JSON string

func (j *JSON) readValue(v any) error {
	text, ok := v.(string)
	if !ok {
		if _, ok := v.(map[string]any); !ok {
			return fmt.Errorf("want members, or the text of a JSON object")
		}
		b := bytes.Buffer{}
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(v); err != nil {
			return err
		}
		text = strings.TrimSuffix(b.String(), "\n")
	}
	*j = JSON(text)
	return nil
}
