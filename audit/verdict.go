package audit

import (
	"slices"

	"tocsin/core/pattern"
)

// A verdict is what becomes of one part.
type verdict struct {
	part part
	rank Rank
	gaps []gap
	// by is the candidate that decides, nil where there is none.
	by *candidate
	// unread is the link that keeps the verdict from being worse, of a log group
	// that could not be read.
	unread []Link
}

// judgePart judges a part as a whole, and where that does not hold in halves that
// different trails may bring into different log groups, and Region by Region.
func (j *judge) judgePart(pt part, candidates []candidate) verdict {
	v := j.inHalves(pt, candidates)
	regions := j.regions(pt)
	if v.rank <= Restricted || len(regions) == 0 || !j.singleRegion() {
		return v
	}
	var all *verdict
	for _, region := range regions {
		one := pt
		one.region, one.name = region, pt.name+" in "+region
		w := j.inHalves(one, candidates)
		if j.account.trailsUnread(region) && w.rank > Unknown {
			w.rank = Unknown
			w.unread = []Link{{Kind: TrailLink, Rank: Unknown, Text: "the trails in " + region + " are " + j.account.unread("cloudtrail:DescribeTrails", "*")}}
		}
		if all == nil || w.rank > all.rank {
			all = &w
		}
	}
	if all.rank < v.rank {
		return *all
	}
	return v
}

// singleRegion tells whether the account has a trail of one Region.
func (j *judge) singleRegion() bool {
	for i := range j.account.Trails {
		if m := j.account.Trails[i].MultiRegion; m != nil && !*m {
			return true
		}
	}
	return false
}

// globalRegions are where services that have no Region log, by partition.
var globalRegions = map[string]string{"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}

// global tells whether a service logs in the global Region alone. Sign-ins and
// calls of STS are logged where they are made.
func global(source string) bool {
	return source == "iam.amazonaws.com" || source == "organizations.amazonaws.com"
}

// regions are where the events of a part may happen: in the Regions in use and
// where services that have no Region log, if it is known which are in use.
func (j *judge) regions(pt part) []string {
	where := globalRegions[j.account.Partition]
	switch {
	case where != "" && global(pt.source):
		return []string{where}
	case len(j.account.Regions) == 0 || slices.Contains(j.account.Regions, where) || where == "":
		return j.account.Regions
	}
	return append(slices.Clip(j.account.Regions), where)
}

// inHalves judges reads and writes apart where they do not hold together.
func (j *judge) inHalves(pt part, candidates []candidate) verdict {
	v := j.together(pt, candidates)
	if v.rank <= Restricted || !pt.reads || !pt.writes {
		return v
	}
	writes, reads := pt, pt
	writes.reads, reads.writes = false, false
	writes.world, reads.world = pt.world.with(fact(`$.readOnly IS FALSE`), true), pt.world.with(fact(`$.readOnly IS TRUE`), true)
	worse := j.together(writes, candidates)
	if r := j.together(reads, candidates); r.rank > worse.rank {
		worse = r
	}
	if worse.rank < v.rank {
		return worse
	}
	return v
}

// together finds the least rank at which the filters together catch the part, of
// which all events arrive with each of them.
func (j *judge) together(pt part, candidates []candidate) verdict {
	v := verdict{part: pt, rank: Broken, gaps: []gap{{part: pt, whole: true}}}
	ranks := make([]Rank, len(candidates))
	for i, k := range candidates {
		ranks[i] = max(j.deliver(pt, k.logGroup).rank, k.own.Rank, worst(k.down))
	}
	unread, unreadLinks := j.unreadGroups(pt)
	for level := Holds; level <= Broken; level++ {
		if level == Unknown && unread && v.rank > Unknown {
			v.rank, v.unread, v.gaps = Unknown, unreadLinks, nil
			return v
		}
		var patterns []*pattern.Pattern
		var by []*candidate
		for i := range candidates {
			if ranks[i] <= level && candidates[i].pattern != nil && !candidates[i].always {
				patterns, by = append(patterns, candidates[i].pattern), append(by, &candidates[i])
			}
		}
		if len(patterns) == 0 {
			continue
		}
		gaps := gapsOf(pt, patterns, func(c *pattern.Comparison) bool { return excludes(pt, c, j.match) })
		got := level
		for _, g := range gaps {
			switch {
			case g.unsure:
				got = max(got, Unknown)
			case g.exclusion:
				got = max(got, Restricted)
			default:
				got = Broken
			}
		}
		if got < v.rank || v.by == nil || level == Broken && v.rank == Broken {
			v.by = decisive(pt, by)
			if got < v.rank || got == Broken {
				v.gaps = gaps
			}
			v.rank = got
		}
		if got <= level {
			break
		}
	}
	if v.rank == Broken && len(v.gaps) == 0 {
		v.gaps = []gap{{part: pt, whole: true}} // a filter catches it, and nobody hears of it
	}
	return v
}
