package alarm

import (
	"encoding/json"
	"os"
	"testing"
	"time"
)

// TestVectors runs every case of the conformance vectors: the tables of
// the CloudWatch User Guide and evaluations recorded from AWS.
func TestVectors(t *testing.T) {
	text, err := os.ReadFile("testdata/vectors/alarm_evaluation.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Name  string
		Alarm struct {
			Period            int
			EvaluationPeriods int
			DatapointsToAlarm int
			Threshold         float64
			Comparison        Operator
			TreatMissingData  TreatMissingData
		}
		Datapoints  []*float64
		PriorState  State
		ExpectState State
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) < 200 {
		t.Fatalf("only %d cases", len(cases))
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			a := Alarm{
				Period:             c.Alarm.Period,
				EvaluationPeriods:  c.Alarm.EvaluationPeriods,
				DatapointsToAlarm:  c.Alarm.DatapointsToAlarm,
				Threshold:          c.Alarm.Threshold,
				ComparisonOperator: c.Alarm.Comparison,
				TreatMissingData:   c.Alarm.TreatMissingData,
			}
			got := Evaluate(a, c.PriorState, slots(a, c.Datapoints))
			if got.State != c.ExpectState {
				t.Errorf("state %s (%s), want %s", got.State, got.Cause, c.ExpectState)
			}
		})
	}
}

// slots is an evaluation range with these values, oldest first; nil is a
// period without data. It ends at the epoch of the tests.
func slots(a Alarm, values []*float64) []Datapoint {
	out := make([]Datapoint, len(values))
	for i, v := range values {
		age := time.Duration((len(values)-i)*a.Period) * time.Second
		out[i] = Datapoint{Timestamp: epoch.Add(-age), Missing: v == nil}
		if v != nil {
			out[i].Value, out[i].SampleCount = *v, 1
		}
	}
	return out
}

var epoch = time.Date(2026, 9, 14, 12, 0, 0, 0, time.UTC)
