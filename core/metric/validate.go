package metric

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"tocsin/core/pattern"
)

// Limits of metric filters (CloudWatch Logs API Reference, PutMetricFilter).
// Lengths are in characters.
const (
	maxDimensions = 3 // of a filter, system fields included
	maxFilterName = 512
	maxMetricName = 255
	maxValueText  = 100
)

// An InvalidError is a metric filter that CloudWatch Logs refuses, with its code
// and text.
type InvalidError struct {
	Code    string // InvalidParameterException
	Message string
}

func (e *InvalidError) Error() string { return e.Message }

func refuse(format string, args ...any) *InvalidError {
	return &InvalidError{Code: "InvalidParameterException", Message: fmt.Sprintf(format, args...)}
}

func constraint(value, member, rule string) *InvalidError {
	return refuse("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: %s", value, member, rule)
}

// A Definition is a metric filter as PutMetricFilter gets it.
type Definition struct {
	FilterName      string
	FilterPattern   string
	Transformations []Transformation // exactly one
	SystemFields    []string         // emitSystemFieldDimensions
}

// NewFilter checks a definition as PutMetricFilter does and makes a filter of
// it. An error is an *InvalidError, or a *pattern.SyntaxError for the pattern,
// both with AWS's text.
func NewFilter(d Definition) (*Filter, error) {
	if err := checkFilterName(d.FilterName); err != nil {
		return nil, err
	}
	if len(d.Transformations) != 1 {
		limit := "less"
		if len(d.Transformations) == 0 {
			limit = "greater"
		}
		return nil, refuse("1 validation error detected: Value at 'metricTransformations' failed to satisfy constraint: Member must have length %s than or equal to 1", limit)
	}
	t := d.Transformations[0]
	if err := t.checkMembers(); err != nil {
		return nil, err
	}
	p, err := pattern.Parse(d.FilterPattern)
	if err != nil {
		return nil, err
	}
	f := &Filter{
		Name: d.FilterName, Pattern: p, Transformation: t,
		identity: NewIdentity(t.MetricNamespace, t.MetricName),
	}
	if f.value, f.literal = number(t.MetricValue); !f.literal && !isSelector(t.MetricValue) {
		return nil, refuse("Invalid metric transformation: metric value %s must be a valid number", t.MetricValue)
	}
	// Duplicates of system fields are tolerated (recorded).
	for _, field := range d.SystemFields {
		if !slices.Contains(f.SystemFields, field) {
			f.SystemFields = append(f.SystemFields, field)
		}
	}
	if err := f.checkDimensions(); err != nil {
		return nil, err
	}
	return f, nil
}

func checkFilterName(name string) error {
	switch {
	case name == "":
		return constraint(name, "filterName", "Member must have length greater than or equal to 1")
	case utf8.RuneCountInString(name) > maxFilterName:
		return constraint(name, "filterName", fmt.Sprintf("Member must have length less than or equal to %d", maxFilterName))
	case strings.ContainsAny(name, ":*"):
		return constraint(name, "filterName", "Member must satisfy regular expression pattern: [^:*]*")
	}
	return nil
}

func (t Transformation) checkMembers() error {
	const member = "metricTransformations.1.member."
	for _, m := range [...]struct {
		name, value string
		limit       int
		forbidden   string
	}{
		{"metricName", t.MetricName, maxMetricName, ":*$"},
		// The model forbids the colon here too; the service takes it (recorded).
		{"metricNamespace", t.MetricNamespace, maxMetricName, "*$"},
		{"metricValue", t.MetricValue, maxValueText, ""},
	} {
		switch {
		case m.value == "":
			return constraint(m.value, member+m.name, "Member must have length greater than or equal to 1")
		case utf8.RuneCountInString(m.value) > m.limit:
			return constraint(m.value, member+m.name, fmt.Sprintf("Member must have length less than or equal to %d", m.limit))
		case strings.ContainsAny(m.value, m.forbidden):
			return constraint(m.value, member+m.name, "Member must satisfy regular expression pattern: [^"+m.forbidden+"]*")
		}
	}
	if t.Unit != "" && !IsUnit(t.Unit) {
		return constraint(t.Unit, member+"unit", "Member must satisfy enum value set: ["+strings.Join(Units(), ", ")+"]")
	}
	return nil
}

func (f *Filter) checkDimensions() error {
	t := f.Transformation
	for _, field := range f.SystemFields {
		switch field {
		case AccountField, RegionField, SourceField:
		default:
			return refuse("The provided system fields are invalid. The supported system fields are - [%s, %s, %s]", RegionField, AccountField, SourceField)
		}
	}
	count := len(t.Dimensions) + len(f.SystemFields)
	switch {
	case count == 0:
		return nil
	case t.DefaultValue != nil:
		return refuse("Invalid metric transformation: dimensions and default value are mutually exclusive properties")
	case count > maxDimensions:
		return refuse("Number of dimensions exceeds the maximum number of dimensions supported per metric filter")
	}
	for _, d := range t.Dimensions {
		if !isSelector(d.Value) || utf8.RuneCountInString(d.Value) > maxMetricName {
			return refuse("Invalid metric transformation: dimension value must be valid selector")
		}
		if d.Name == "" || utf8.RuneCountInString(d.Name) > maxMetricName {
			return constraint(d.Name, "metricTransformations.1.member.dimensions", fmt.Sprintf("Map keys must have length between 1 and %d", maxMetricName))
		}
	}
	return nil
}

var columnSelector = regexp.MustCompile(`^\$[A-Za-z0-9_-]+$`)

// isSelector tells whether the text has the form of a selector without
// wildcard: $.path, or $name or $N of a space-delimited pattern. Whether the
// pattern has such a field does not matter (recorded).
func isSelector(text string) bool {
	if columnSelector.MatchString(text) {
		return true
	}
	path, err := pattern.ParseSelector(text)
	return err == nil && !path.Wild()
}
