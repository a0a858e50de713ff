package topic

// A clause is a part of a policy: a condition, all of several or one of several.
type clause interface {
	// combinations is AWS's measure of a policy: lists multiply with their
	// length and depth, branches of $or are added. It never exceeds tooMany.
	combinations() int
	// conditions is how many the longest of its ways has.
	conditions() int
	// ways writes the clause as alternatives without alternatives inside. There
	// are at most as many as combinations.
	ways() []way
}

type (
	all    []clause
	either []clause
)

const tooMany = maxCombinations + 1

func (c condition) combinations() int { return min(len(c.values)*c.depth, tooMany) }

func (c all) combinations() int {
	product := 1
	for _, part := range c {
		product = min(product*part.combinations(), tooMany)
	}
	return product
}

func (c either) combinations() int {
	sum := 0
	for _, part := range c {
		sum = min(sum+part.combinations(), tooMany)
	}
	return sum
}

func (c condition) conditions() int { return 1 }

func (c all) conditions() int {
	sum := 0
	for _, part := range c {
		sum += part.conditions()
	}
	return sum
}

func (c either) conditions() int {
	most := 0
	for _, part := range c {
		most = max(most, part.conditions())
	}
	return most
}

func (c condition) ways() []way { return []way{{c}} }

func (c all) ways() []way {
	ways := []way{nil}
	for _, part := range c {
		var longer []way
		for _, begin := range ways {
			for _, end := range part.ways() {
				longer = append(longer, append(begin[:len(begin):len(begin)], end...))
			}
		}
		ways = longer
	}
	return ways
}

func (c either) ways() []way {
	var ways []way
	for _, part := range c {
		ways = append(ways, part.ways()...)
	}
	return ways
}
