package ingest

import (
	"context"
	"fmt"
	"log/slog"

	"tocsin/core/event"
	"tocsin/core/metric"
	"tocsin/core/pattern"
	"tocsin/store/state"
)

// filters are the metric filters of all log groups, compiled. They are not
// changed: when the database has others, new ones take their place.
type filters struct {
	revision int64
	groups   map[int64]*group
}

// A group is a log group with its metric filters.
type group struct {
	log     state.LogGroup
	filters []filter
	set     *pattern.Set
	fields  *event.Fields
	// defaults are the indexes of the filters with a default value, ascending.
	defaults []int32
	// generations are those of log streams that are not 0.
	generations map[string]int64
	taps        []tap
}

// A filter is a metric filter with its id.
type filter struct {
	id int64
	*metric.Filter
}

// The slots of the fields that are read of every record; those of the patterns follow.
const (
	slotTime = iota
	slotID
	slotAccount
	slotRegion
	ownSlots
)

// readFilters reads and compiles the filters in one snapshot. One that cannot be
// compiled is left out and told of, so that it does not keep the others from
// their work.
func readFilters(ctx context.Context, tx *state.Tx, log *slog.Logger) (*filters, error) {
	revision, err := tx.FilterRevision(ctx)
	if err != nil {
		return nil, fmt.Errorf("read metric filters: %w", err)
	}
	groups, err := tx.LogGroups(ctx)
	if err != nil {
		return nil, fmt.Errorf("read log groups: %w", err)
	}
	all, err := tx.MetricFilters(ctx, 0)
	if err != nil {
		return nil, fmt.Errorf("read metric filters: %w", err)
	}
	generations, err := tx.StreamGenerations(ctx)
	if err != nil {
		return nil, fmt.Errorf("read log streams: %w", err)
	}
	out := &filters{revision: revision, groups: map[int64]*group{}}
	for _, g := range groups {
		out.groups[g.ID] = &group{log: g, generations: generations[g.ID]}
	}
	for _, f := range all {
		g := out.groups[f.LogGroup]
		if g == nil {
			continue // of a group that is being deleted
		}
		compiled, err := metric.NewFilter(f.Definition)
		if err != nil {
			log.Error("a stored metric filter is not valid and counts nothing; put it anew", "filter", f.Definition.FilterName, "log group", g.log.Name, "error", err)
			continue
		}
		g.filters = append(g.filters, filter{f.ID, compiled})
	}
	if err := readTaps(ctx, tx, out.groups, log); err != nil {
		return nil, err
	}
	for _, g := range out.groups {
		g.compile()
	}
	return out, nil
}

func (g *group) compile() {
	for i, f := range g.filters {
		if f.Transformation.DefaultValue != nil {
			g.defaults = append(g.defaults, int32(i))
		}
	}
	g.set = pattern.NewSet(g.patterns())
	own := []event.Path{
		slotTime:    event.Members("eventTime"),
		slotID:      event.Members("eventID"),
		slotAccount: event.Members("recipientAccountId"),
		slotRegion:  event.Members("awsRegion"),
	}
	g.fields = event.NewFields(append(own, g.set.Paths()...)...)
}

// rematch matches the records of a part anew, for filters that changed since.
func (g *group) rematch(p *part) {
	extractor, matcher := event.NewExtractor(g.fields), g.set.NewMatcher()
	var hits []int
	p.hits = p.hits[:0]
	for i := range p.records {
		r := &p.records[i]
		if raw := p.message(i); r.dated {
			values, _ := extractor.Extract(raw)
			hits = matcher.Match(raw, values[ownSlots:], hits[:0])
			p.addHits(hits)
		}
		r.hits = int32(len(p.hits))
	}
	p.group = g
}
