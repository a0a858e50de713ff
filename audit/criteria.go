package audit

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// criteria judges a filter's fieldSelectionCriteria for the events of an account
// that a trail brings into a log group of a Region.
//
// UNSURE: what these fields are of events that no centralization rule brought
// there. Here the account is the one that the events are of, and the Region that
// of the log group, not the one in the events.
func criteria(text, account, region string) (Rank, string) {
	c := choice{words: criteriaWords.FindAllString(text, -1), fields: map[string]string{"@aws.account": account, "@aws.region": region}}
	if strings.Join(c.words, "") != strings.Join(strings.Fields(text), "") {
		return Unknown, "its selection criteria are not understood: " + text
	}
	holds, err := c.or()
	switch {
	case err != nil || len(c.words) > 0:
		return Unknown, "its selection criteria are not understood: " + text
	case holds:
		return Holds, ""
	case strings.Contains(text, "@aws.account"):
		return Broken, "it only sees events of other accounts: " + text
	}
	return Broken, "it only sees events of other Regions: " + text
}

// criteriaWords are the words of the language: =, !=, AND, OR, IN, NOT IN, lists in
// brackets [CloudWatch Logs API Reference, PutMetricFilter].
var criteriaWords = regexp.MustCompile(`@aws\.\w+|"[^"\s]*"|!=|=|\(|\)|\[|\]|,|\w+`)

// A choice reads criteria from the left and evaluates them as it goes.
type choice struct {
	words  []string
	fields map[string]string
}

func (c *choice) take(word string) bool {
	if len(c.words) == 0 || c.words[0] != word {
		return false
	}
	c.words = c.words[1:]
	return true
}

func (c *choice) or() (bool, error) {
	holds, err := c.and()
	for err == nil && c.take("OR") {
		var next bool
		next, err = c.and()
		holds = holds || next
	}
	return holds, err
}

func (c *choice) and() (bool, error) {
	holds, err := c.one()
	for err == nil && c.take("AND") {
		var next bool
		next, err = c.one()
		holds = holds && next
	}
	return holds, err
}

func (c *choice) one() (bool, error) {
	if c.take("(") {
		holds, err := c.or()
		if err == nil && !c.take(")") {
			err = fmt.Errorf("a parenthesis is open")
		}
		return holds, err
	}
	if len(c.words) == 0 {
		return false, fmt.Errorf("it ends too soon")
	}
	value, known := c.fields[c.words[0]]
	if !known {
		return false, fmt.Errorf("%s is no field", c.words[0])
	}
	c.words = c.words[1:]
	not := c.take("NOT")
	if c.take("IN") {
		list, err := c.list()
		return slices.Contains(list, value) != not, err
	}
	if not || len(c.words) < 2 {
		return false, fmt.Errorf("an operator is missing")
	}
	op, text := c.words[0], c.words[1]
	if op != "=" && op != "!=" || !strings.HasPrefix(text, `"`) {
		return false, fmt.Errorf("%s %s is no comparison", op, text)
	}
	c.words = c.words[2:]
	return (strings.Trim(text, `"`) == value) == (op == "="), nil
}

func (c *choice) list() ([]string, error) {
	if !c.take("[") {
		return nil, fmt.Errorf("a list is missing")
	}
	var list []string
	for len(c.words) > 0 {
		switch {
		case c.take("]"):
			return list, nil
		case c.take(","):
		default:
			list = append(list, strings.Trim(c.words[0], `"`))
			c.words = c.words[1:]
		}
	}
	return nil, fmt.Errorf("a list is open")
}
