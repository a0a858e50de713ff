package topic

import "strings"

// maxTopicName is the longest name of a topic, in characters. [SNS guide]
const maxTopicName = 256

// CheckTopicName checks the Name of CreateTopic and its FifoTopic attribute, of
// which "" and "false" mean a standard topic. A name that SNS would accept for
// a FIFO topic is refused too, as tocsin has none.
func CheckTopicName(name, fifoTopic string) error {
	plain, fifo := strings.CutSuffix(name, ".fifo")
	if plain == "" || len(name) > maxTopicName || strings.ContainsFunc(plain, notInName) ||
		fifo != strings.EqualFold(fifoTopic, "true") {
		return refuse("Topic Name")
	}
	if fifo {
		return refuse("Attributes Reason: FifoTopic: tocsin does not support FIFO topics; create %q as a standard topic", plain)
	}
	return nil
}

func notInName(r rune) bool {
	return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_' || r == '-')
}
