package pattern

// nearestMiss finds the fewest judgements that would have to turn for j to be
// true: of all that must hold those that do not, and of alternatives the one
// that lacks the fewest, has the most that hold already, and found what is most
// like the wanted values, in this order. j is false.
func nearestMiss(j *Judgement) []*Judgement { return missOf(j).lacks }

// A miss is what a judgement lacks to be true.
type miss struct {
	lacks    []*Judgement
	holding  int     // terms that hold already
	likeness float64 // of the found values of lacks, summed up
}

// nearer tells whether m is a nearer miss than n.
func (m miss) nearer(n miss) bool {
	switch {
	case len(m.lacks) != len(n.lacks):
		return len(m.lacks) < len(n.lacks)
	case m.holding != n.holding:
		return m.holding > n.holding
	}
	return m.likeness > n.likeness
}

func missOf(j *Judgement) miss {
	switch {
	case j.Ignored:
		return miss{}
	case j.True:
		return miss{holding: 1}
	case len(j.Nodes) == 0:
		return miss{lacks: []*Judgement{j}, likeness: j.likeness}
	}
	var whole miss
	for i, n := range j.Nodes {
		m := missOf(n)
		if j.Kind != JudgeAny {
			whole.lacks = append(whole.lacks, m.lacks...)
			whole.holding += m.holding
			whole.likeness += m.likeness
		} else if i == 0 || m.nearer(whole) {
			whole = m
		}
	}
	return whole
}
