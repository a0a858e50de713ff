package policy

// A Truth is what is known about a proposition. The lesser is the and of two, the
// greater their or [Kleene].
type Truth int8

const (
	No Truth = iota
	Maybe
	Yes
)

var truthNames = [...]string{No: "no", Maybe: "maybe", Yes: "yes"}

func (t Truth) String() string { return truthNames[t] }

func truth(b bool) Truth {
	if b {
		return Yes
	}
	return No
}

func (t Truth) not() Truth { return Yes - t }
