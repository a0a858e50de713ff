package expression

import (
	"time"

	"tocsin/core/metric"
)

// A Message is a remark on a result, such as MultipleUnits.
type Message struct{ Code, Value string }

// A Reader is where metrics are read from.
type Reader struct {
	// Series is the values of a metric on the periods of the range; see Read. An
	// error ends the evaluation.
	Series func(Stat, Range) (Series, []Message, error)
	// Metrics are all that SEARCH may find, in the order in which they are to be
	// shown; of one namespace unless it is "". Nil where there is no SEARCH.
	Metrics func(namespace string) ([]metric.Identity, error)
}

// A Result is one time series of what a query came to (MetricDataResult); of an
// array there are several with the same ID.
type Result struct {
	ID, Label string
	// Label's dynamic parts are filled in.
	Series   Series
	Messages []Message
}

// A Request is what Evaluate takes beside the queries.
type Request struct {
	Range  Range
	Reader Reader
	// Now is what relative times in labels count from.
	Now time.Time
	// Zone is where times in labels are shown (LabelOptions.Timezone); nil for UTC.
	Zone *time.Location
	// Region and Account are what labels tell of metrics.
	Region, Account string
}

// Evaluate answers the queries that are not hidden, in their order. An error is the
// Reader's, or an *InvalidError.
func (s *Set) Evaluate(r Request) ([]Result, error) {
	messages := map[string][]Message{}
	results, err := s.evaluate(r.Range, r.Reader, messages)
	if err != nil {
		return nil, err
	}
	var out []Result
	labels := s.defaultLabels()
	for _, q := range s.queries {
		if q.Hidden {
			continue
		}
		v := results[q.ID]
		for _, series := range v.series {
			out = append(out, Result{
				ID: q.ID, Series: series, Messages: messages[q.ID],
				Label: r.label(q, v.kind, series, labels[q.ID]),
			})
		}
	}
	return out, nil
}

// evaluate is what all queries come to, by id.
func (s *Set) evaluate(rng Range, reader Reader, messages map[string][]Message) (map[string]value, error) {
	results := map[string]value{}
	labels := s.defaultLabels()
	left := maxWork
	for _, i := range s.order {
		q := s.queries[i]
		e := &evaluation{set: s, rng: rng, reader: reader, results: results, period: s.period(q), left: &left}
		if q.Stat != nil {
			name := q.Label
			if name == "" {
				name = labels[q.ID]
			}
			series, told, err := reader.Series(*q.Stat, rng)
			if err != nil {
				return nil, err
			}
			series.Stat, series.Period, series.Label = q.Stat, q.Stat.Period, name
			results[q.ID] = one(series)
			messages[q.ID] = told
			continue
		}
		v := e.of(s.parsed[q.ID].Root)
		if e.err != nil {
			return nil, e.err
		}
		results[q.ID] = v
	}
	return results, nil
}

// read reads a metric that a search found.
func (e *evaluation) read(st Stat, label string) Series {
	s, _, err := e.reader.Series(st, e.rng)
	if err != nil {
		e.fail(err)
	}
	s.Stat, s.Period, s.Label = &st, st.Period, label
	return s
}
