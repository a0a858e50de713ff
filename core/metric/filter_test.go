package metric

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tocsin/core/pattern"
	"tocsin/internal/corpus"
)

func number5() *float64 { v := 5.0; return &v }

func mustFilter(t *testing.T, text string, tr Transformation, system ...string) *Filter {
	t.Helper()
	tr.MetricName, tr.MetricNamespace = "m", "ns"
	f, err := NewFilter(Definition{FilterName: "f", FilterPattern: text, Transformations: []Transformation{tr}, SystemFields: system})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestDatapoint has the cases of "metricValue", "Default value" and "Dimensions".
func TestDatapoint(t *testing.T) {
	zero := 0.0
	for _, c := range []struct {
		name, pattern  string
		transformation Transformation
		message        string
		want           string // value and dimensions, empty for no datapoint
	}{
		{"literal", `{ $.a = 1 }`, Transformation{MetricValue: "1"}, `{"a":1}`, "1"},
		{"negative literal", `{ $.a = 1 }`, Transformation{MetricValue: "-2.5"}, `{"a":1}`, "-2.5"},
		{"JSON number", `{ $.a = * }`, Transformation{MetricValue: "$.a"}, `{"a":7}`, "7"},
		{"JSON string", `{ $.a = * }`, Transformation{MetricValue: "$.a"}, `{"a":"11.5"}`, "11.5"},
		{"exponent", `{ $.a = * }`, Transformation{MetricValue: "$.a"}, `{"a":1.5e3}`, "1500"},
		{"text", `{ $.a = * }`, Transformation{MetricValue: "$.a"}, `{"a":"banana"}`, ""},
		{"not a number", `{ $.a = * }`, Transformation{MetricValue: "$.a"}, `{"a":"NaN"}`, ""},
		{"hexadecimal", `{ $.a = * }`, Transformation{MetricValue: "$.a"}, `{"a":"0x10"}`, ""},
		{"too large", `{ $.a = * }`, Transformation{MetricValue: "$.a"}, `{"a":1e300}`, ""},
		{"absent", `{ $.a = * }`, Transformation{MetricValue: "$.b"}, `{"a":7}`, ""},
		{"null", `{ $.a = * }`, Transformation{MetricValue: "$.b"}, `{"a":7,"b":null}`, ""},
		{"boolean", `{ $.a = * }`, Transformation{MetricValue: "$.b"}, `{"a":7,"b":true}`, ""},
		{"object", `{ $.a = * }`, Transformation{MetricValue: "$.b"}, `{"a":7,"b":{}}`, ""},
		{"token", `[a, n]`, Transformation{MetricValue: "$n"}, `x 13`, "13"},
		{"quoted token", `[a, n]`, Transformation{MetricValue: "$n"}, `x "17.5"`, "17.5"},
		{"numbered token", `[..., z]`, Transformation{MetricValue: "$1"}, `4 y z`, "4"},
		{"no such field", `[a, n]`, Transformation{MetricValue: "$missing"}, `x 13`, ""},
		{"no match", `{ $.a = 1 }`, Transformation{MetricValue: "1"}, `{"a":2}`, ""},
		{"default", `{ $.a = 1 }`, Transformation{MetricValue: "1", DefaultValue: &zero}, `{"a":2}`, "0"},
		{"default of a text", `{ $.a = 1 }`, Transformation{MetricValue: "1", DefaultValue: number5()}, `hello`, "5"},
		{"no default for a match without a number", `{ $.a = * }`, Transformation{MetricValue: "$.b", DefaultValue: number5()}, `{"a":1}`, ""},
		{
			"dimensions", `{ $.a = 1 }`,
			Transformation{MetricValue: "1", Dimensions: []Dimension{{"Who", "$.who"}, {"Port", "$.port"}}},
			`{"a":1,"who":"al \"x\"","port":1.0}`, `1 Port=1.0 Who=al "x"`,
		},
		{
			"absent dimension", `{ $.a = 1 }`,
			Transformation{MetricValue: "1", Dimensions: []Dimension{{"Who", "$.who"}, {"Port", "$.port"}}},
			`{"a":1,"who":"al"}`, "",
		},
		{
			"empty dimension", `{ $.a = 1 }`,
			Transformation{MetricValue: "1", Dimensions: []Dimension{{"Who", "$.who"}}},
			`{"a":1,"who":""}`, "",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := mustFilter(t, c.pattern, c.transformation)
			message := []byte(c.message)
			d, ok := f.Datapoint(Event{Message: message, Timestamp: 119_999}, f.Pattern.Match(message))
			got := ""
			if ok {
				text, err := json.Marshal(d.Value)
				if err != nil {
					t.Fatal(err)
				}
				got = string(text)
				for _, dim := range d.Metric.Dimensions {
					got += " " + dim.Name + "=" + dim.Value
				}
				if d.Time != 60_000 || d.Unit != None || d.Metric.Name != "m" || d.Metric.Namespace != "ns" {
					t.Errorf("datapoint %+v", d)
				}
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestDefaultValueCounts has the table of "Default value": value 5, default 3.
func TestDefaultValueCounts(t *testing.T) {
	three := 3.0
	f := mustFilter(t, `{ $.a = 1 }`, Transformation{MetricValue: "5", DefaultValue: &three})
	count := func(matches, others int) Samples {
		var s Samples
		for i := range matches + others {
			d, ok := f.Datapoint(Event{Message: []byte(`{}`)}, i < matches)
			if !ok {
				t.Fatal("no datapoint")
			}
			s.Add(d.Value, 1)
		}
		return s
	}
	if s := count(1, 14); s.SampleCount != 15 || s.Sum != 47 || s.Minimum != 3 || s.Maximum != 5 {
		t.Errorf("1 match, 14 others: %+v", s)
	}
	if s := count(0, 3); s.SampleCount != 3 || s.Sum != 9 || s.Minimum != 3 || s.Maximum != 3 {
		t.Errorf("3 others: %+v", s)
	}
}

func TestSystemFields(t *testing.T) {
	f := mustFilter(t, `{ $.a = 1 }`, Transformation{MetricValue: "1"}, AccountField, RegionField, AccountField)
	d, ok := f.Datapoint(Event{Message: []byte(`{"a":1}`), Account: "111122223333", Region: "eu-west-1"}, true)
	want := NewIdentity("ns", "m", Dimension{AccountField, "111122223333"}, Dimension{RegionField, "eu-west-1"})
	if !ok || !d.Metric.Equal(want) {
		t.Errorf("got %v %v", d.Metric, ok)
	}
	if _, ok := f.Datapoint(Event{Message: []byte(`{"a":1}`)}, true); ok {
		t.Error("a datapoint without its account")
	}
}

// TestRefusals has the rows of "Validation errors".
func TestRefusals(t *testing.T) {
	good := func() Definition {
		return Definition{FilterName: "f", FilterPattern: "ERROR", Transformations: []Transformation{{
			MetricName: "m", MetricNamespace: "A.B-c_d/1#2:ns", MetricValue: "1",
		}}}
	}
	if _, err := NewFilter(good()); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", 513)
	dimension := func(values ...string) []Dimension {
		var out []Dimension
		for i, v := range values {
			out = append(out, Dimension{string(rune('a' + i)), v})
		}
		return out
	}
	for _, c := range []struct {
		name   string
		change func(*Definition)
		want   string
	}{
		{"name too long", func(d *Definition) { d.FilterName = long }, "1 validation error detected: Value '" + long + "' at 'filterName' failed to satisfy constraint: Member must have length less than or equal to 512"},
		{"two transformations", func(d *Definition) { d.Transformations = append(d.Transformations, d.Transformations[0]) }, "1 validation error detected: Value at 'metricTransformations' failed to satisfy constraint: Member must have length less than or equal to 1"},
		{"word as a value", func(d *Definition) { d.Transformations[0].MetricValue = "not-a-number" }, "Invalid metric transformation: metric value not-a-number must be a valid number"},
		{"wildcard as a value", func(d *Definition) { d.Transformations[0].MetricValue = "$.a[*]" }, "Invalid metric transformation: metric value $.a[*] must be a valid number"},
		{"dimensions with a default", func(d *Definition) {
			d.Transformations[0].DefaultValue, d.Transformations[0].Dimensions = number5(), dimension("$.a")
		}, "Invalid metric transformation: dimensions and default value are mutually exclusive properties"},
		{"literal as a dimension", func(d *Definition) { d.Transformations[0].Dimensions = dimension("a") }, "Invalid metric transformation: dimension value must be valid selector"},
		{"wildcard as a dimension", func(d *Definition) { d.Transformations[0].Dimensions = dimension("$.*") }, "Invalid metric transformation: dimension value must be valid selector"},
		{"four dimensions", func(d *Definition) { d.Transformations[0].Dimensions = dimension("$.a", "$.b", "$.c", "$.d") }, "Number of dimensions exceeds the maximum number of dimensions supported per metric filter"},
		{"four with system fields", func(d *Definition) {
			d.Transformations[0].Dimensions, d.SystemFields = dimension("$.a", "$.b"), []string{AccountField, RegionField}
		}, "Number of dimensions exceeds the maximum number of dimensions supported per metric filter"},
		{"unknown system field", func(d *Definition) { d.SystemFields = []string{"@x"} }, "The provided system fields are invalid. The supported system fields are - [@aws.region, @aws.account, @source.log]"},
		{"unknown unit", func(d *Definition) { d.Transformations[0].Unit = "Apples" }, "1 validation error detected: Value 'Apples' at 'metricTransformations.1.member.unit' failed to satisfy constraint: Member must satisfy enum value set: [" + strings.Join(Units(), ", ") + "]"},
		{"metric name with a colon", func(d *Definition) { d.Transformations[0].MetricName = "a:b" }, "1 validation error detected: Value 'a:b' at 'metricTransformations.1.member.metricName' failed to satisfy constraint: Member must satisfy regular expression pattern: [^:*$]*"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := good()
			c.change(&d)
			_, err := NewFilter(d)
			var invalid *InvalidError
			if !errors.As(err, &invalid) {
				t.Fatalf("error %v", err)
			}
			if diff := cmp.Diff(c.want, invalid.Message); diff != "" || invalid.Code != "InvalidParameterException" {
				t.Errorf("%s %s", invalid.Code, diff)
			}
		})
	}
	d := good()
	d.FilterPattern = "{ $.a = }"
	_, err := NewFilter(d)
	var syntax *pattern.SyntaxError
	if !errors.As(err, &syntax) || syntax.Message != "Invalid metric filter pattern" {
		t.Errorf("bad pattern: %v", err)
	}
}

// TestRecordedRefusals holds our texts against answers recorded from AWS.
func TestRecordedRefusals(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(corpus.Dir(t), "fixtures/notifications/aws-recorded-alarms-and-metric-filters.json"))
	if err != nil {
		t.Fatal(err)
	}
	var recorded map[string]struct {
		Content map[string]struct {
			Error struct{ Code, Message string }
		} `json:"recorded-content"`
	}
	// Other recordings have lists where this one has objects; those do not matter here.
	var mismatch *json.UnmarshalTypeError
	if err := json.Unmarshal(text, &recorded); err != nil && !errors.As(err, &mismatch) {
		t.Fatal(err)
	}
	test := "tests/aws/services/logs/test_logs_metric_filters.py::TestMetricFiltersValidation::"
	for name, content := range map[string]string{
		"test_put_metric_filter_invalid_filter_name":    "error-invalid-filter-name",
		"test_put_metric_filter_invalid_filter_pattern": "error-invalid-filter-pattern",
	} {
		want := recorded[test+name].Content[content].Error
		_, rest, ok := strings.Cut(want.Message, "Value '")
		value, _, _ := strings.Cut(rest, "'")
		if !ok || value == "" {
			t.Fatalf("%s is not as expected: %q", name, want.Message)
		}
		d := Definition{FilterName: "f", Transformations: []Transformation{{MetricName: "m", MetricNamespace: "n", MetricValue: "1"}}}
		if strings.HasSuffix(name, "name") {
			d.FilterName = value
		} else {
			d.FilterPattern = value
		}
		_, err := NewFilter(d)
		got := ""
		var invalid *InvalidError
		var syntax *pattern.SyntaxError
		switch {
		case errors.As(err, &invalid):
			got = invalid.Message
		case errors.As(err, &syntax):
			got = syntax.Message
		}
		if got != want.Message {
			t.Errorf("%s:\n got  %s\n want %s", name, got, want.Message)
		}
	}
}
