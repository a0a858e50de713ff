package expression

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tocsin/core/metric"
)

// TestTokens are the guide's examples.
func TestTokens(t *testing.T) {
	for text, want := range map[string]string{
		"CustomCount1":      "Custom Count 1",
		"SDBFailure":        "SDB Failure",
		"Project2-trial333": "Project 2 trial 333",
		"Network-Errors_2":  "Network Errors 2",
		"couNT":             "cou NT",
		"AWS/EC2":           "AWS EC 2",
		"--":                "",
		"":                  "",
	} {
		if got := strings.Join(split(text), " "); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func TestSearch(t *testing.T) {
	dim := func(name, value string) metric.Dimension { return metric.Dimension{Name: name, Value: value} }
	all := map[string]metric.Identity{
		"count":   metric.NewIdentity("My", "CustomCount1"),
		"byName":  metric.NewIdentity("My", "Other", dim("Kind", "CustomCount1")),
		"cpu":     metric.NewIdentity("AWS/EC2", "CPUUtilization", dim("InstanceId", "i-1234567890123456")),
		"cpu2":    metric.NewIdentity("AWS/EC2", "CPUUtilization", dim("InstanceId", "i-2222")),
		"micro":   metric.NewIdentity("AWS/EC2", "CPUUtilization", dim("InstanceType", "t2.micro")),
		"network": metric.NewIdentity("AWS/EC2", "NetworkPacketsIn", dim("InstanceId", "i-2222")),
		"dashed":  metric.NewIdentity("Net", "Network-Errors-2"),
		"camel":   metric.NewIdentity("Net", "NetworkErrors2"),
		"reads":   metric.NewIdentity("AWS/EBS", "VolumeReadOps", dim("VolumeId", "ProjectA")),
		"odd":     metric.NewIdentity("My Namespace", "Custom:Name[Special_Characters", dim("Dimension@Name", "x")),
		"traffic": metric.NewIdentity("Roads", `Europe\France Traffic(Network)`),
	}
	for _, c := range []struct{ search, want string }{
		{`count`, "byName count"},
		{`Count`, "byName count"},
		{`COUNT`, "byName count"},
		{`couNT`, ""},
		{`CustomCount`, "byName count"},
		{`Count1`, "byName count"},
		{`customcount`, ""},
		{`count1`, ""},
		{` {My}, "CustomCount1" `, "byName count"},
		{` {My}, "customcount1" `, ""},
		{` {My}, "Custom" `, ""},
		{` MetricName="CustomCount1" `, "count"},
		{`Kind=custom`, "byName"},
		{`{AWS/EC2,InstanceId}`, "cpu cpu2 network"},
		{`{AWS/EC2,InstanceId} MetricName="CPUUtilization"`, "cpu cpu2"},
		{`{AWS/EC2,InstanceId} MetricName="CPUUtilization" NOT i-1234567890123456`, "cpu2"},
		{`{AWS/EC2,InstanceId} network AND packets`, "network"},
		{`{AWS/EC2,InstanceId} network packets`, "network"},
		{` InstanceType=micro `, "micro"},
		{` InstanceType="t2.micro" Namespace="AWS/EC2" `, "micro"},
		{`NOT Namespace=AWS `, "byName camel count dashed odd traffic"},
		{`NOT Namespace=AWS NOT Net NOT custom`, "traffic"},
		{`network/errors`, "camel dashed"},
		{`network+errors`, "camel dashed"},
		{`Network_Errors`, "camel dashed"},
		{`"Network-Errors-2"`, "dashed"},
		{`"Network_Errors_2"`, ""},
		{` {"My Namespace", "Dimension@Name"}, "Custom:Name[Special_Characters" `, "odd"},
		{`"Europe\\France Traffic\(Network\)"`, "traffic"},
		{` (EC2 OR EBS) AND MetricName=ReadOps `, "reads"},
		{` (EC2 OR EBS) MetricName=ReadOps `, "reads"},
		{` (EC2 OR EBS) AND ReadOps AND ProjectA `, "reads"},
		{`{AWS/EC2,InstanceId} MetricName="NetworkPacketsIn" OR (MetricName="CPUUtilization" AND (1234567890123456 OR 99))`, "cpu network"},
		{`NOT (AWS OR My OR Net OR Roads)`, ""},
		{`or`, ""},
	} {
		s, err := ParseSearch(c.search)
		if err != nil {
			t.Errorf("%s: %v", c.search, err)
			continue
		}
		var found []string
		for name, m := range all {
			if s.Matches(m) {
				found = append(found, name)
			}
		}
		slices.Sort(found)
		if got := strings.Join(found, " "); got != c.want {
			t.Errorf("%s: found %q, want %q", c.search, got, c.want)
		}
	}
}

func TestSearchErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":            "search:1:1: expected a metric schema such as {AWS/Logs,LogGroupName}, a search term, or both\n  \n  ^",
		"{}":          "search:1:2: expected a namespace or the name of a dimension\n  {}\n   ^",
		"{A":          "search:1:3: expected \",\" or \"}\"\n  {A\n    ^",
		"{A} (x":      "search:1:7: expected \")\"\n  {A} (x\n        ^",
		"{A} x)":      "search:1:6: expected a search term or the end of the search\n  {A} x)\n       ^",
		"x OR":        "search:1:5: expected a search term\n  x OR\n      ^",
		"MetricName=": "search:1:12: expected a search term\n  MetricName=\n             ^",
		"=x":          "search:1:1: expected a property such as MetricName before =\n  =x\n  ^",
		`"x`:          "search:1:1: expected a closing \"\n  \"x\n  ^",
		"NOT -":       "search:1:6: expected a search term with letters or digits; other characters alone find nothing\n  NOT -\n       ^",
	} {
		_, err := ParseSearch(text)
		if err == nil {
			t.Errorf("%s was taken", text)
			continue
		}
		if diff := cmp.Diff(want, err.Error()); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
	if _, err := ParseSearch(strings.Repeat("(", 1000)); err == nil {
		t.Error("any depth was taken")
	}
}

// TestSearchFunction: the series of what is found, with labels that tell them apart.
func TestSearchFunction(t *testing.T) {
	a := metric.NewIdentity("AWS/Lambda", "Errors", metric.Dimension{Name: "FunctionName", Value: "a"})
	b := metric.NewIdentity("AWS/Lambda", "Errors", metric.Dimension{Name: "FunctionName", Value: "b"})
	set, err := NewSet([]Query{
		{ID: "e1", Expression: `SEARCH('{AWS/Lambda,FunctionName} Errors', 'Sum', 60)`},
		{ID: "e2", Expression: `SUM(e1)`, Label: "all"},
		{ID: "e3", Expression: `e1 * 2`, Label: "[max: ${MAX}] of ${LABEL}"},
	})
	if err != nil {
		t.Fatal(err)
	}
	r := Range{Start: noon, End: noon + 120_000}
	results, err := set.Evaluate(Request{Range: r, Reader: Reader{
		Metrics: func(namespace string) ([]metric.Identity, error) {
			if namespace != "AWS/Lambda" {
				t.Errorf("asked for %q", namespace)
			}
			return []metric.Identity{a, b, metric.NewIdentity("AWS/Lambda", "Errors")}, nil
		},
		Series: func(s Stat, _ Range) (Series, []Message, error) {
			if s.Metric.Equal(a) {
				return Series{Points: values(t, "1 2")}, nil, nil
			}
			return Series{Points: values(t, "_ 5")}, nil, nil
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, each := range results {
		got = append(got, each.ID+" "+each.Label+": "+show(each.Series, r))
	}
	if diff := cmp.Diff([]string{"e1 a: 1 2", "e1 b: _ 5", "e2 all: 1 7", "e3 [max: 4] of a: 2 4", "e3 [max: 10] of b: _ 10"}, got); diff != "" {
		t.Error(diff)
	}
}

func FuzzSearch(f *testing.F) {
	for _, seed := range []string{`{A,"B c"}, x="\"" OR (y NOT z)`, "a AND b", `MetricName=é1B"`} {
		f.Add(seed)
	}
	m := metric.NewIdentity("AWS/EC2", "CPUUtilization", metric.Dimension{Name: "InstanceId", Value: "i-12"})
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSearch(text)
		if err != nil {
			if err.Error() == "" {
				t.Error("an error without a text")
			}
			return
		}
		s.Matches(m)
	})
}
