package alarm

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tocsin/core/metric"
)

// TestTimelines runs testdata/*.txt: one column per period, "." in a state row
// asserts nothing, "_" in a data row is a period without data.
//
//	alarm  GreaterThanThreshold 5  period=60s  datapoints=2/3  missing=ignore
//	data   0 0 1 7 2 9 8 1 1
//	state  . . O O O A A A O
//
// O is OK, A is ALARM, I is INSUFFICIENT_DATA: the state after the evaluation
// at the end of the column's period. A file may hold several such blocks.
func TestTimelines(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no timelines: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			runTimeline(t, string(text))
		})
	}
}

func runTimeline(t *testing.T, text string) {
	var a Alarm
	var data []string
	for i, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		var err error
		switch fields[0] {
		case "alarm":
			a, err = parseTimelineAlarm(fields[1:])
		case "data":
			data = fields[1:]
		case "state":
			err = checkTimeline(a, data, fields[1:])
		default:
			err = fmt.Errorf("unknown row %q", fields[0])
		}
		if err != nil {
			t.Errorf("line %d: %v", i+1, err)
		}
	}
}

func parseTimelineAlarm(fields []string) (Alarm, error) {
	a := Alarm{Name: "timeline", Namespace: "test", MetricName: "m", Statistic: metric.MustStatistic("Sum"), Period: 60, EvaluationPeriods: 1}
	if len(fields) < 2 {
		return a, fmt.Errorf("an alarm needs an operator and a threshold")
	}
	a.ComparisonOperator = Operator(fields[0])
	if _, ok := operators[a.ComparisonOperator]; !ok {
		return a, fmt.Errorf("unknown operator %q", fields[0])
	}
	var err error
	if a.Threshold, err = strconv.ParseFloat(fields[1], 64); err != nil {
		return a, err
	}
	for _, field := range fields[2:] {
		name, value, _ := strings.Cut(field, "=")
		switch name {
		case "period":
			d, err := time.ParseDuration(value)
			if err != nil {
				return a, err
			}
			a.Period = int(d.Seconds())
		case "datapoints":
			if _, err := fmt.Sscanf(value, "%d/%d", &a.DatapointsToAlarm, &a.EvaluationPeriods); err != nil {
				return a, err
			}
		case "missing":
			a.TreatMissingData = TreatMissingData(value)
		case "statistic":
			if a.Statistic, err = metric.ParseStatistic(value); err != nil {
				return a, err
			}
		default:
			return a, fmt.Errorf("unknown setting %q", field)
		}
	}
	return a, a.Validate()
}

// checkTimeline publishes one sample at the start of each column's period and
// compares the state at each column's end.
func checkTimeline(a Alarm, data, want []string) error {
	if len(data) != len(want) {
		return fmt.Errorf("%d columns of data, %d of states", len(data), len(want))
	}
	period := time.Duration(a.Period) * time.Second
	var points []metric.Point
	for i, text := range data {
		if text == "_" {
			continue
		}
		value, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return err
		}
		points = append(points, metric.Point{Time: epoch.Add(time.Duration(i) * period).UnixMilli(), Samples: metric.Of(value)})
	}
	transitions := slices.Collect(Replay(a, points, epoch.Add(period), epoch.Add(time.Duration(len(data))*period)))
	got := make([]string, len(data))
	state := InsufficientData
	for i := range data {
		end := epoch.Add(time.Duration(i+1) * period)
		for len(transitions) > 0 && !transitions[0].At.After(end) {
			state, transitions = transitions[0].To, transitions[1:]
		}
		got[i] = map[State]string{OK: "O", InAlarm: "A", InsufficientData: "I"}[state]
	}
	for i := range want {
		if want[i] != "." && want[i] != got[i] {
			return fmt.Errorf("column %d is %s\n got  %s\n want %s", i+1, got[i], strings.Join(got, " "), strings.Join(want, " "))
		}
	}
	return nil
}
