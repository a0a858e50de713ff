package widget

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core/expression"
)

var now = time.Date(2026, 9, 14, 12, 17, 0, 0, time.UTC)

// read gives each metric the values that its name tells, one for each period, from
// the start on; _ is none.
func read(s expression.Stat, r expression.Range) (expression.Series, []expression.Message, error) {
	var out expression.Series
	values := strings.Fields(s.Metric.Name)
	for i, t := range r.Periods(s.Period) {
		var v float64
		text := values[i%len(values)]
		if _, err := fmt.Sscan(text, &v); err != nil {
			continue
		}
		out.Points = append(out.Points, expression.Point{Time: t, Value: v})
	}
	return out, nil, nil
}

// draw is the image of a widget.
func draw(t testing.TB, text string) image.Image {
	t.Helper()
	w, err := Parse(text, now, "eu-central-1", "123456789012")
	if err != nil {
		t.Fatal(err)
	}
	results, err := w.Set.Evaluate(expression.Request{Range: w.Range(), Reader: expression.Reader{Series: read}, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	b, err := w.Draw(results)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// where bounds the pixels of a colour, and tells how many there are.
func where(img image.Image, c color.RGBA) (image.Rectangle, int) {
	var r image.Rectangle
	n := 0
	for y := img.Bounds().Min.Y; y < img.Bounds().Max.Y; y++ {
		for x := img.Bounds().Min.X; x < img.Bounds().Max.X; x++ {
			if color.RGBAModel.Convert(img.At(x, y)) == c {
				r = r.Union(image.Rect(x, y, x+1, y+1))
				n++
			}
		}
	}
	return r, n
}

var (
	blue   = palette[0]
	orange = palette[1]
	red    = color.RGBA{255, 0, 0, 255}
)

func TestSizes(t *testing.T) {
	if got := draw(t, `{"metrics":[["N","1"]]}`).Bounds(); got != image.Rect(0, 0, 600, 400) {
		t.Errorf("by default %v", got)
	}
	for _, size := range [][2]int{{1, 1}, {2, 300}, {300, 2}, {37, 41}, {300, 200}} {
		for _, view := range []string{"timeSeries", "singleValue", "bar", "pie"} {
			for _, legend := range []string{"bottom", "right", "hidden"} {
				text := fmt.Sprintf(`{"metrics":[["N","1 2 -3 _"],["N","5"]],"title":"T","width":%d,"height":%d,"view":%q,"legend":{"position":%q},"sparkline":true}`, size[0], size[1], view, legend)
				if got := draw(t, text).Bounds(); got != image.Rect(0, 0, size[0], size[1]) {
					t.Errorf("%s: %v", text, got)
				}
			}
		}
	}
	if got := draw(t, `{"metrics":[["N","1"]],"width":2000,"height":2000}`).Bounds(); got != image.Rect(0, 0, 2000, 2000) {
		t.Errorf("the largest is %v", got)
	}
}

// TestBars: bars are as high as their values.
func TestBars(t *testing.T) {
	img := draw(t, `{"view":"bar","metrics":[["N","40"],["N","10"]],"legend":{"position":"hidden"}}`)
	a, _ := where(img, blue)
	b, _ := where(img, orange)
	if a.Max.Y != b.Max.Y || math.Abs(float64(a.Dy())/float64(b.Dy())-4) > 0.1 || a.Max.X >= b.Min.X || a.Dx() != b.Dx() {
		t.Errorf("bars %v and %v", a, b)
	}
}

// TestPie: parts are as large as their values.
func TestPie(t *testing.T) {
	img := draw(t, `{"view":"pie","metrics":[["N","30"],["N","10"],["N","-5"]],"legend":{"position":"hidden"}}`)
	_, a := where(img, blue)
	_, b := where(img, orange)
	if ratio := float64(a) / float64(b); math.Abs(ratio-3) > 0.1 {
		t.Errorf("%d and %d pixels", a, b)
	}
	if _, n := where(img, palette[2]); n != 0 {
		t.Error("what is below zero is no part")
	}
}

// TestTimeSeries: a line lies where its values are, and breaks where they lack.
func TestTimeSeries(t *testing.T) {
	const frame = `"width":600,"height":300,"start":"-PT1H","period":60,"legend":{"position":"hidden"},"yAxis":{"left":{"min":0,"max":100}}`
	img := draw(t, `{"metrics":[["N","75",{"color":"#ff0000"}]],`+frame+`}`)
	at, _ := where(img, red)
	half := draw(t, `{"metrics":[["N","37.5",{"color":"#ff0000"}]],`+frame+`}`)
	lower, _ := where(half, red)
	floor, _ := where(draw(t, `{"metrics":[["N","0",{"color":"#ff0000"}]],`+frame+`}`), red)
	middle := func(r image.Rectangle) float64 { return float64(r.Min.Y+r.Max.Y) / 2 }
	if at.Dy() > 4 || math.Abs((middle(floor)-middle(at))-2*(middle(floor)-middle(lower))) > 2 || at.Dx() < 500 {
		t.Errorf("75 at %v, half of it at %v, 0 at %v", at, lower, floor)
	}
	_, whole := where(img, red)
	_, broken := where(draw(t, `{"metrics":[["N","75 75 _",{"color":"#ff0000"}]],`+frame+`}`), red)
	if broken > whole*2/3 || broken < whole/10 {
		t.Errorf("with every third value gone %d pixels instead of %d", broken, whole)
	}
	_, hidden := where(draw(t, `{"metrics":[["N","75",{"color":"#ff0000","visible":false,"id":"m1"}],[{"expression":"m1 / 2","id":"e1"}]],`+frame+`}`), red)
	if hidden != 0 {
		t.Error("what is not visible is drawn")
	}
}

// TestStacked: series lie on each other.
func TestStacked(t *testing.T) {
	const frame = `"stacked":true,"start":"-PT1H","period":60,"legend":{"position":"hidden"},"yAxis":{"left":{"min":0,"max":100}}`
	img := draw(t, `{"metrics":[["N","20",{"color":"#0000ff"}],["N","30",{"color":"#ff0000"}]],`+frame+`}`)
	alone := draw(t, `{"metrics":[["N","50",{"color":"#ff0000"}]],`+frame+`}`)
	a, _ := where(img, red)
	b, _ := where(alone, red)
	if a != b {
		t.Errorf("20 and 30 reach %v, 50 reaches %v", a, b)
	}
}

func TestAnnotations(t *testing.T) {
	img := draw(t, `{"metrics":[["N","50"]],"legend":{"position":"hidden"},"annotations":{
		"horizontal":[{"value":80,"color":"#ff0000","label":"high"},{"value":5,"color":"#00ff00","visible":false}],
		"vertical":[{"value":"2026-09-14T11:00:00Z","color":"#ff00ff"}]}}`)
	h, n := where(img, red)
	if n == 0 || h.Dx() < 500 {
		t.Errorf("the line for 80: %v", h)
	}
	v, n := where(img, color.RGBA{255, 0, 255, 255})
	if n == 0 || v.Dx() > 3 || v.Dy() < 300 {
		t.Errorf("the line for 11:00: %v", v)
	}
	if _, n := where(img, color.RGBA{0, 255, 0, 255}); n != 0 {
		t.Error("what is not visible is drawn")
	}
}

func TestNoData(t *testing.T) {
	for _, view := range []string{"timeSeries", "bar", "pie", "singleValue"} {
		img := draw(t, `{"view":"`+view+`","metrics":[["N","_"]],"legend":{"position":"hidden"}}`)
		if _, n := where(img, light.back); n == 600*400 {
			t.Errorf("%s: an empty image says nothing", view)
		}
		if _, n := where(img, blue); n > 200 {
			t.Errorf("%s: %d pixels of data", view, n)
		}
	}
}

// TestCrowd: a line with more points than pixels covers what it would with fewer.
func TestCrowd(t *testing.T) {
	const frame = `,"start":"-PT1H","legend":{"position":"hidden"},"yAxis":{"left":{"min":0,"max":10}}}`
	img := draw(t, `{"metrics":[["N","2 8",{"color":"#ff0000","period":1}]]`+frame)
	at, n := where(img, red)
	plain, _ := where(draw(t, `{"metrics":[["N","2 8",{"color":"#ff0000","period":300}]]`+frame), red)
	if n < at.Dx()*at.Dy()*9/10 || at.Dy() < plain.Dy()-1 || at.Dy() > plain.Dy()+6 {
		t.Errorf("%d pixels in %v; with few points %v", n, at, plain)
	}
}

func TestMetrics(t *testing.T) {
	w, err := Parse(`{"stat":"Sum","period":60,"metrics":[
		["AWS/Logs","IncomingBytes","LogGroupName","a",{"label":"A"}],
		["...","b"], [".",".",".","c",{"stat":"p99","period":300}], [".","Other"],
		[{"expression":"m1 + m2","id":"sum","visible":false}], ["N","X",{"id":"m1"}] ]}`, now, "r", "1")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range w.Set.Stats() {
		got = append(got, fmt.Sprint(s.Metric, " ", s.Statistic, " ", s.Period))
	}
	if diff := cmp.Diff([]string{
		"AWS/Logs/IncomingBytes{LogGroupName=a} Sum 1m0s", "AWS/Logs/IncomingBytes{LogGroupName=b} Sum 1m0s",
		"AWS/Logs/IncomingBytes{LogGroupName=c} p99 5m0s", "AWS/Logs/Other Sum 1m0s", "N/X Sum 1m0s",
	}, got); diff != "" {
		t.Error(diff)
	}
	if w.Set.Kind("sum") != expression.TimeSeries || w.Set.Kind("m1_") == 0 {
		t.Error("ids")
	}
	whole, err := Parse(`{"view":"singleValue","setPeriodToTimeRange":true,"metrics":[["N","X",{"period":60}]]}`, now, "r", "1")
	if err != nil {
		t.Fatal(err)
	}
	if s := whole.Set.Stats()[0]; s.Period != 3*time.Hour || len(whole.Range().Periods(s.Period)) != 1 {
		t.Errorf("one value for all: %v, %v", s.Period, whole.Range())
	}
}

// TestOldTimes: of times long ago only longer periods are left.
func TestOldTimes(t *testing.T) {
	for start, want := range map[string]time.Duration{"-P1D": time.Minute, "-P20D": 5 * time.Minute, "-P70D": time.Hour} {
		w, err := Parse(`{"start":"`+start+`","period":60,"metrics":[["N","X"]]}`, now, "r", "1")
		if err != nil {
			t.Fatal(err)
		}
		if got := w.Set.Stats()[0].Period; got != want {
			t.Errorf("%s: periods of %s", start, got)
		}
	}
}

func TestRefusals(t *testing.T) {
	for text, want := range map[string]string{
		``:                                    "The MetricWidget is invalid: it is no JSON: unexpected end of JSON input, at character 0",
		`{"metrics":x`:                        "The MetricWidget is invalid: it is no JSON: invalid character 'x' looking for beginning of value, at character 12",
		`{"width":"a","metrics":[["N","X"]]}`: "The MetricWidget is invalid at Width: must be of another type than string",
		`{}`:                                  "The MetricWidget is invalid at metrics: must have from 1 to 100 members, not 0",
		`{"metrics":[[]]}`:                    "The MetricWidget is invalid at metrics[0]: must be a metric or an expression",
		`{"metrics":[["N"]]}`:                 "The MetricWidget is invalid at metrics[0]: must be a namespace, a metric name, and pairs of names and values of dimensions",
		`{"metrics":[["N","X","D"]]}`:         "The MetricWidget is invalid at metrics[0]: must be a namespace, a metric name, and pairs of names and values of dimensions",
		`{"metrics":[["N",5]]}`:               "The MetricWidget is invalid at metrics[0][1]: must be a string",
		`{"metrics":[[".","X"]]}`:             `The MetricWidget is invalid at metrics[0]: has "." where the metric before has nothing`,
		`{"metrics":[["..."]]}`:               "The MetricWidget is invalid at metrics[0]: must be a namespace, a metric name, and pairs of names and values of dimensions",
		`{"metrics":[["...","a"]]}`:           `The MetricWidget is invalid at metrics[0]: has "..." and no metric before it that has as many members`,
		`{"metrics":[["N","X"],[{"expression":"m1 +"}]]}`:                                    "Error in expression 'm2': Invalid syntax: expected a value at character 5",
		`{"metrics":[["N","X",{"expression":"m1"}]]}`:                                        "The MetricWidget is invalid at metrics[0]: is a metric or an expression, not both",
		`{"metrics":[["N","X",{"stat":"Most"}]]}`:                                            `The MetricWidget is invalid at metrics[0]: "Most" is no statistic`,
		`{"metrics":[["N","X",{"period":61}]]}`:                                              "The MetricWidget is invalid at metrics[0].period: must be 1, 5, 10, 20, 30 or a multiple of 60 seconds, not 61",
		`{"metrics":[["N","X",{"color":"red"}]]}`:                                            `The MetricWidget is invalid at metrics[0].color: must be a colour such as #d62728, not "red"`,
		`{"metrics":[["N","X",{"yAxis":"top"}]]}`:                                            `The MetricWidget is invalid at metrics[0].yAxis: must be left or right, not "top"`,
		`{"metrics":[["N","X",{"region":"us-east-1"}]]}`:                                     "The MetricWidget is invalid at metrics[0]: shows another account or Region; only metrics of the account and Region of the request can be shown",
		`{"metrics":[["N","X"]],"width":0}`:                                                  "The MetricWidget is invalid at width: must be from 1 to 2000 pixels, not 0",
		`{"metrics":[["N","X"]],"height":2001}`:                                              "The MetricWidget is invalid at height: must be from 1 to 2000 pixels, not 2001",
		`{"metrics":[["N","X"]],"view":"gauge"}`:                                             `The MetricWidget is invalid at view: must be timeSeries, singleValue, bar or pie, not "gauge"`,
		`{"metrics":[["N","X"]],"start":"yesterday"}`:                                        `The MetricWidget is invalid at start: must be a time such as 2026-09-14T12:00:00.000Z or -PT3H, not "yesterday"`,
		`{"metrics":[["N","X"]],"start":"-P1000Y"}`:                                          `The MetricWidget is invalid at start: "-P1000Y" is too long ago`,
		`{"metrics":[["N","X"]],"start":"-PT1H","end":"-PT2H"}`:                              "The MetricWidget is invalid at start: must be before end",
		`{"metrics":[["N","X"]],"timezone":"CET"}`:                                           `The MetricWidget is invalid at timezone: must be written like +0130, not "CET"`,
		`{"metrics":[["N","X"]],"yAxis":{"left":{"min":5,"max":5}}}`:                         "The MetricWidget is invalid at yAxis.left: min must be less than max",
		`{"metrics":[["N","X"]],"annotations":{"horizontal":[{"value":"x"}]}}`:               "The MetricWidget is invalid at annotations.horizontal[0].value: must be a number",
		`{"metrics":[["N","X"]],"annotations":{"vertical":[{"value":"x"}]}}`:                 `The MetricWidget is invalid at annotations.vertical[0].value: must be a time such as 2026-09-14T12:00:00.000Z, not "x"`,
		`{"metrics":[["N","X"]],"annotations":{"vertical":[[]]}}`:                            "The MetricWidget is invalid at annotations.vertical[0]: must be one annotation, or the two ends of a band",
		`{"metrics":[["N","X"]],"annotations":{"horizontal":[{"value":1,"fill":"yellow"}]}}`: `The MetricWidget is invalid at annotations.horizontal[0].fill: must be none, above, below, between, before or after, not "yellow"`,
	} {
		_, err := Parse(text, now, "eu-central-1", "123456789012")
		if err == nil {
			t.Errorf("%s was taken", text)
			continue
		}
		if diff := cmp.Diff(want, err.Error()); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
		var refused *InvalidError
		var math *expression.InvalidError
		if !errors.As(err, &refused) && !errors.As(err, &math) {
			t.Errorf("%s: %T", text, err)
		}
	}
}

func TestTimes(t *testing.T) {
	for text, want := range map[string]string{
		"-PT3H": "2026-09-14T09:17:00Z", "-PT0H": "2026-09-14T12:17:00Z", "-P1D": "2026-09-13T12:17:00Z", "-P1W": "2026-09-07T12:17:00Z",
		"-P1DT30M": "2026-09-13T11:47:00Z", "-PT90S": "2026-09-14T12:15:30Z", "2026-09-01T00:00:00.000Z": "2026-09-01T00:00:00Z",
		"2026-09-01T02:00:00+02:00": "2026-09-01T02:00:00+02:00",
	} {
		got, err := readTime(text, now)
		if err != nil || got.Format(time.RFC3339) != want {
			t.Errorf("%s: %s, %v", text, got, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`{"metrics":[["N","1 _ -2"],["...",{"yAxis":"right"}],[{"expression":"m1*2"}]],"stacked":true,"annotations":{"horizontal":[[{"value":1},{"value":2}]]}}`)
	f.Add(`{"view":"pie","metrics":[["N","1e300"],["N","5"]],"yAxis":{"left":{"min":-1e308,"max":1e308}},"width":3,"start":"-P99Y","end":"-P1Y"}`)
	f.Fuzz(func(t *testing.T, text string) {
		w, err := Parse(text, now, "eu-central-1", "123456789012")
		if err != nil {
			return
		}
		if w.width*w.height > 100_000 || w.End.Sub(w.Start) > 48*time.Hour {
			return
		}
		results, err := w.Set.Evaluate(expression.Request{Range: w.Range(), Reader: expression.Reader{Series: func(s expression.Stat, r expression.Range) (expression.Series, []expression.Message, error) {
			if s.Metric.Name == "" || strings.TrimSpace(s.Metric.Name) == "" || s.Period < time.Minute {
				return expression.Series{}, nil, nil
			}
			return read(s, r)
		}}, Now: now})
		if err != nil {
			return
		}
		if _, err := w.Draw(results); err != nil {
			t.Error(err)
		}
	})
}

// BenchmarkCrowded is the most that one widget can ask for.
func BenchmarkCrowded(b *testing.B) {
	metric := `["N","1 5 3 9 2 _ 4 8",{"period":1}]`
	text := `{"width":2000,"height":2000,"start":"-PT3H","metrics":[` + strings.Repeat(metric+",", 99) + metric + `]}`
	for b.Loop() {
		draw(b, text)
	}
}
