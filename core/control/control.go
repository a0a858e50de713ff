package control

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"tocsin/core/pattern"
)

// A Control is one thing that must be watched. Of a control of Kind Alarm,
// Pattern and Settings say how; of the other kinds, Check says what an audit
// has to find.
type Control struct {
	// ID names the control: lower-case letters, digits and hyphens.
	ID       string   `json:"id"`
	Title    string   `json:"title"`
	Kind     Kind     `json:"kind"`
	Severity Severity `json:"severity"`
	// Pattern is the filter pattern to use, empty unless Kind is Alarm.
	Pattern string `json:"pattern,omitempty"`
	Settings

	Rationale      string   `json:"rationale,omitempty"`
	FalsePositives string   `json:"falsePositives,omitempty"`
	ResponseSteps  []string `json:"responseSteps,omitempty"`
	// Unsure lists what is not known for certain about the control.
	Unsure []string `json:"unsure,omitempty"`
	// EventCategory is the category of the events that the pattern is for,
	// "management" or "data". A trail without data events never feeds the latter.
	EventCategory string `json:"eventCategory,omitempty"`
	// Events are the calls that the control is about, as eventSource:eventName.
	// Empty where it is about a condition instead.
	Events []string `json:"events,omitempty"`
	// Parameters name what an account has to put in place of the example values
	// that Pattern holds.
	Parameters []string `json:"parameters,omitempty"`
	// Check is what an audit has to find, for the kinds Trail and Account.
	Check string `json:"check,omitempty"`

	// CIS is the control's item in each version of the CIS AWS Foundations
	// Benchmark that has it.
	CIS map[Version]Item `json:"cis,omitempty"`
	// SecurityHub is the id of the control in AWS Security Hub, if it has one.
	SecurityHub string `json:"securityHub,omitempty"`
	// Demands are what known auditors ask of the pattern's text.
	Demands []Demand `json:"demands,omitempty"`
	// Texts are other published wordings of the pattern.
	Texts    []Text   `json:"texts,omitempty"`
	Examples Examples `json:"examples,omitzero"`
}

// A Kind is what a control looks at.
type Kind string

const (
	Alarm   Kind = "alarm"   // events, by a filter pattern and an alarm
	Trail   Kind = "trail"   // the settings of a trail
	Account Kind = "account" // the settings of an account
)

// Settings are the metric that a control's matches are counted in and the alarm
// on it, in CloudWatch's words.
type Settings struct {
	Metric    string `json:"metric,omitempty"`
	Namespace string `json:"namespace,omitempty"`
	// MetricValue is a number, or the selector of an event's field that holds one.
	MetricValue MetricValue `json:"metricValue,omitempty"`
	// Statistic is Sum, Average, Minimum, Maximum, SampleCount or an extended statistic such as p99.
	Statistic string `json:"statistic,omitempty"`
	// Period is in seconds.
	Period     int     `json:"period,omitempty"`
	Threshold  float64 `json:"threshold"`
	Comparison string  `json:"comparison,omitempty"`
	// DatapointsToAlarm of the last EvaluationPeriods must breach. 0 is all of them.
	EvaluationPeriods int    `json:"evaluationPeriods,omitempty"`
	DatapointsToAlarm int    `json:"datapointsToAlarm,omitempty"`
	TreatMissingData  string `json:"treatMissingData,omitempty"`
}

// DefaultSettings is the alarm that the CIS benchmark asks for on every item: it
// rings at the first event within five minutes and is quiet without events.
func DefaultSettings() Settings {
	return Settings{
		Namespace:         "SecurityAlarms",
		MetricValue:       "1",
		Statistic:         "Sum",
		Period:            300,
		Threshold:         1,
		Comparison:        "GreaterThanOrEqualToThreshold",
		EvaluationPeriods: 1,
		TreatMissingData:  "notBreaching",
	}
}

// UnmarshalJSON gives every member that is not there its default: kind alarm,
// severity medium, DefaultSettings, and the id as the metric's name. Blanks
// around the pattern, such as the last newline of a YAML block, are left out.
func (c *Control) UnmarshalJSON(text []byte) error {
	type plain Control
	p := plain{Kind: Alarm, Severity: Medium, Settings: DefaultSettings()}
	if err := json.Unmarshal(text, &p); err != nil {
		return err
	}
	p.Pattern = strings.TrimSpace(p.Pattern)
	if p.Kind != Alarm {
		p.Settings = Settings{}
	} else if p.Metric == "" {
		p.Metric = p.ID
	}
	*c = Control(p)
	return nil
}

// A MetricValue is what a match adds to the metric. In a pack it may be written
// as a number or as a text.
type MetricValue string

// UnmarshalJSON implements json.Unmarshaler.
func (v *MetricValue) UnmarshalJSON(text []byte) error {
	var n json.Number
	if json.Unmarshal(text, &n) == nil {
		if _, err := strconv.ParseFloat(n.String(), 64); err == nil {
			*v = MetricValue(n)
			return nil
		}
	}
	var s string
	if err := json.Unmarshal(text, &s); err != nil {
		return fmt.Errorf("want a number or a selector such as %q, not %s", "$.additionalEventData.bytesTransferredOut", text)
	}
	*v = MetricValue(s)
	return nil
}

// A Text is a published wording of a control's pattern.
type Text struct {
	// Name tells the texts of one control apart.
	Name string `json:"name"`
	// From says where the text stands.
	From    string `json:"from"`
	Pattern string `json:"pattern"`
	// CIS are the versions of the benchmark that print the text for their audit.
	CIS []Version `json:"cis,omitempty"`
	// Auditors are the tools that are known to accept the text.
	Auditors []string `json:"auditors,omitempty"`
	// Note is what is worth knowing about the text, Flaw what is wrong with it,
	// Extends what it catches beyond the control.
	Note    string `json:"note,omitempty"`
	Flaw    string `json:"flaw,omitempty"`
	Extends string `json:"extends,omitempty"`
	// Invalid says that the text is no filter pattern at all.
	Invalid bool `json:"invalid,omitempty"`
	// Differs names the examples that the text judges otherwise than the control does.
	Differs []string `json:"differs,omitempty"`
}

// A Demand is what a tool that audits accounts asks of the text of a filter for
// the control. Few of them look at what it means.
type Demand struct {
	Auditor string      `json:"auditor"`
	How     pattern.How `json:"how"`
	// Text is the name of the text that How is about.
	Text string `json:"text,omitempty"`
	Note string `json:"note,omitempty"`
}

// AuditorDemands are the demands with their texts in place of the names.
func (c *Control) AuditorDemands() []pattern.Demand {
	demands := make([]pattern.Demand, len(c.Demands))
	for i, d := range c.Demands {
		text, _ := c.Text(d.Text)
		demands[i] = pattern.Demand{Auditor: d.Auditor, How: d.How, Text: text, Note: d.Note}
	}
	return demands
}

// Examples are whole CloudTrail records that show what a control is about.
type Examples struct {
	Match   []Example `json:"match,omitempty"`
	NoMatch []Example `json:"noMatch,omitempty"`
}

// An Example is one record and what it shows.
type Example struct {
	Name string `json:"name"`
	// Note says what is not plain from the record.
	Note  string          `json:"note,omitempty"`
	Event json.RawMessage `json:"event"`
}
