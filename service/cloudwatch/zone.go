package cloudwatch

import (
	"strconv"
	"time"
)

func itoa(n int) string { return strconv.Itoa(n) }

// zoneOf is the zone of LabelOptions: an offset such as +0130. Empty is UTC.
func zoneOf(text string) (*time.Location, error) {
	if text == "" {
		return nil, nil
	}
	t, err := time.Parse("-0700", text)
	if err != nil {
		return nil, validation("The value %s for parameter LabelOptions.Timezone must be + or -, followed by four digits.", text)
	}
	return t.Location(), nil
}
