package widget

import (
	"encoding/json"
	"fmt"
	"image/color"
	"regexp"
	"strconv"
	"strings"
	"time"

	"tocsin/core/expression"
)

// A Widget is a metric widget that has been checked.
type Widget struct {
	// Start and End bound the time that is shown.
	Start, End time.Time
	// Zone is where times are shown.
	Zone *time.Location
	// Set are the queries; their results are for Draw.
	Set *expression.Set

	title         string
	view          string
	width, height int
	stacked       bool
	legend        string // bottom, right or hidden
	dark          bool
	whole         bool // setPeriodToTimeRange
	precise       bool // singleValueFullPrecision
	sparkline     bool
	left, right   axis
	horizontal    []line
	vertical      []line
	looks         map[string]look // of queries, by id
	now           time.Time
}

// Range is the time whose values Draw shows.
func (w *Widget) Range() expression.Range {
	r := expression.Range{Start: w.Start.UnixMilli(), End: w.End.UnixMilli()}
	if w.whole {
		r.Anchor = r.Start
	}
	return r
}

// An axis is one of the y axes.
type axis struct {
	Label    string
	Min, Max *float64
}

// A line is an annotation: at one value, or between two.
type line struct {
	from, to float64 // milliseconds since 1970 of a vertical one
	band     bool
	label    string
	color    color.RGBA
	fill     string // above, below, before, after, or nothing
	right    bool   // of the right axis
}

// A look is how the results of a query look.
type look struct {
	color *color.RGBA
	right bool
}

// An InvalidError is a widget that cannot be drawn, with the place in its JSON.
type InvalidError struct {
	Path    string // such as metrics[0]
	Message string
}

func (e *InvalidError) Error() string {
	if e.Path == "" {
		return "The MetricWidget is invalid: " + e.Message
	}
	return fmt.Sprintf("The MetricWidget is invalid at %s: %s", e.Path, e.Message)
}

func invalid(path, format string, args ...any) error {
	return &InvalidError{path, fmt.Sprintf(format, args...)}
}

// document is the widget's JSON. What is not here, such as liveData, has no effect.
type document struct {
	Metrics              [][]json.RawMessage
	Title                string
	View                 string
	Width, Height        *int
	Stacked              bool
	Start, End           string
	Period               *int
	Stat                 string
	Region               string
	AccountID            string
	Timezone             string
	Theme                string
	Legend               struct{ Position string }
	SetPeriodToTimeRange bool
	SingleValueFull      bool `json:"singleValueFullPrecision"`
	Sparkline            bool
	YAxis                struct{ Left, Right axis }
	Annotations          struct {
		Horizontal, Vertical []json.RawMessage
	}
}

const (
	defaultWidth, defaultHeight, maxSize = 600, 400, 2000
	maxMetrics                           = 100
)

// Parse reads a widget that is drawn at now in an account and Region. An error is an
// *InvalidError, or an *expression.InvalidError.
func Parse(text string, now time.Time, region, account string) (*Widget, error) {
	var d document
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return nil, unreadable(text, err)
	}
	w := &Widget{
		title: d.Title, stacked: d.Stacked, whole: d.SetPeriodToTimeRange, precise: d.SingleValueFull, sparkline: d.Sparkline,
		left: d.YAxis.Left, right: d.YAxis.Right, looks: map[string]look{}, width: defaultWidth, height: defaultHeight, now: now,
	}
	for _, size := range []struct {
		name  string
		given *int
		to    *int
	}{{"width", d.Width, &w.width}, {"height", d.Height, &w.height}} {
		if size.given == nil {
			continue
		}
		if *size.given < 1 || *size.given > maxSize {
			return nil, invalid(size.name, "must be from 1 to %d pixels, not %d", maxSize, *size.given)
		}
		*size.to = *size.given
	}
	var err error
	if w.view, err = oneOf("view", d.View, "timeSeries", "singleValue", "bar", "pie"); err != nil {
		return nil, err
	}
	if w.legend, err = oneOf("legend.position", d.Legend.Position, "bottom", "right", "hidden"); err != nil {
		return nil, err
	}
	theme, err := oneOf("theme", d.Theme, "light", "dark")
	if err != nil {
		return nil, err
	}
	w.dark = theme == "dark"
	if err := w.readTimes(d, now); err != nil {
		return nil, err
	}
	for name, a := range map[string]axis{"left": w.left, "right": w.right} {
		if a.Min != nil && a.Max != nil && *a.Min >= *a.Max {
			return nil, invalid("yAxis."+name, "min must be less than max")
		}
	}
	if err := w.readMetrics(d, region, account); err != nil {
		return nil, err
	}
	if w.horizontal, err = readLines(d.Annotations.Horizontal, "annotations.horizontal", number); err != nil {
		return nil, err
	}
	w.vertical, err = readLines(d.Annotations.Vertical, "annotations.vertical", instant)
	return w, err
}

// oneOf is a word that has to be one of some, of which the first is the default.
func oneOf(path, given string, words ...string) (string, error) {
	if given == "" {
		return words[0], nil
	}
	for _, w := range words {
		if w == given {
			return w, nil
		}
	}
	return "", invalid(path, "must be %s or %s, not %q", strings.Join(words[:len(words)-1], ", "), words[len(words)-1], given)
}

// unreadable is why the JSON cannot be read.
func unreadable(text string, err error) error {
	switch e := err.(type) {
	case *json.SyntaxError:
		return invalid("", "it is no JSON: %v, at character %d", e, len([]rune(text[:min(int(e.Offset), len(text))])))
	case *json.UnmarshalTypeError:
		return invalid(e.Field, "must be of another type than %s", e.Value)
	}
	return invalid("", "it is no JSON: %v", err)
}

// readTimes reads start, end and timezone.
func (w *Widget) readTimes(d document, now time.Time) error {
	w.Zone = time.UTC
	if d.Timezone != "" {
		at, err := time.Parse("-0700", d.Timezone)
		if err != nil {
			return invalid("timezone", "must be written like +0130, not %q", d.Timezone)
		}
		_, offset := at.Zone()
		w.Zone = time.FixedZone("", offset)
	}
	for _, t := range []struct {
		name, given, otherwise string
		to                     *time.Time
	}{{"start", d.Start, "-PT3H", &w.Start}, {"end", d.End, "-PT0H", &w.End}} {
		if t.given == "" {
			t.given = t.otherwise
		}
		at, err := readTime(t.given, now)
		if err != nil {
			return invalid(t.name, "%v", err)
		}
		*t.to = at
	}
	if !w.Start.Before(w.End) {
		return invalid("start", "must be before end")
	}
	return nil
}

var durationSyntax = regexp.MustCompile(`^-P(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,5})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,7})H)?(?:(\d{1,8})M)?(?:(\d{1,9})S)?)?$`)

// readTime reads a time such as 2026-09-14T12:00:00.000Z, or one before now such as
// -PT3H. A month has 30 days and a year 365. UNSURE
func readTime(text string, now time.Time) (time.Time, error) {
	if parts := durationSyntax.FindStringSubmatch(text); parts != nil && !strings.HasSuffix(text, "P") && !strings.HasSuffix(text, "T") {
		const day = 24 * time.Hour
		var back time.Duration
		for i, unit := range []time.Duration{365 * day, 30 * day, 7 * day, day, time.Hour, time.Minute, time.Second} {
			n, err := strconv.Atoi("0" + parts[i+1])
			if err != nil || n > int(100*365*day/unit) {
				return time.Time{}, fmt.Errorf("%q is too long ago", text)
			}
			back += time.Duration(n) * unit
		}
		return now.Add(-back), nil
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("must be a time such as 2026-09-14T12:00:00.000Z or -PT3H, not %q", text)
	}
	return at, nil
}

// readColor reads #rrggbb or #rgb.
func readColor(path, text string) (*color.RGBA, error) {
	hex := strings.TrimPrefix(text, "#")
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	v, err := strconv.ParseUint(hex, 16, 32)
	if err != nil || len(hex) != 6 || !strings.HasPrefix(text, "#") {
		return nil, invalid(path, "must be a colour such as #d62728, not %q", text)
	}
	return &color.RGBA{uint8(v >> 16), uint8(v >> 8), uint8(v), 255}, nil
}
