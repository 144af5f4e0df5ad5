package slurm

import (
	"fmt"
	"strconv"
	"strings"
)

// check compares what a job asks for with what the partition has.
func (o Options) check() error {
	out, err := run("sinfo", "-h", "-o", "%R|%P|%l|%m|%c")
	if err != nil {
		return fmt.Errorf("%w; nothing was submitted", err)
	}
	var names []string
	there := false
	minutes, memory, cpus := 0, 0, 0 // the most of the partition's kinds of nodes
	for line := range strings.Lines(out) {
		f := strings.Split(strings.TrimSpace(line), "|")
		if len(f) != 5 {
			continue
		}
		names = append(names, f[0])
		if f[0] != o.Partition && (o.Partition != "" || !strings.HasSuffix(f[1], "*")) {
			continue
		}
		there = true
		minutes, memory, cpus = max(minutes, span(f[2])), max(memory, number(f[3])), max(cpus, number(f[4]))
	}
	switch {
	case !there && o.Partition == "":
		return fmt.Errorf("Slurm has no default partition: launch.partition must name one of %s", strings.Join(names, ", "))
	case !there:
		return fmt.Errorf("launch.partition: Slurm has no partition %q; it has %s", o.Partition, strings.Join(names, ", "))
	case o.Minutes > minutes:
		return fmt.Errorf("launch.minutes: a run may take %d minutes, the partition allows %d: choose another partition, or less time (a run at its limit is continued by another job)", o.Minutes, minutes)
	case o.MemoryMB > memory:
		return fmt.Errorf("launch.memory_mb: a run asks for %d MB, the nodes of the partition have %d MB", o.MemoryMB, memory)
	case o.CPUs > cpus:
		return fmt.Errorf("launch.cpus: a run asks for %d processors, the nodes of the partition have %d", o.CPUs, cpus)
	}
	return nil
}

// number reads a number that "+" may follow.
func number(s string) int {
	n, _ := strconv.Atoi(strings.TrimSuffix(s, "+"))
	return n
}

// span reads a time limit as sinfo writes it, days-hours:minutes:seconds, in minutes.
func span(s string) int {
	const unlimited = 1 << 30
	if s == "infinite" || s == "UNLIMITED" {
		return unlimited
	}
	days, rest, ok := strings.Cut(s, "-")
	if !ok {
		days, rest = "0", s
	}
	total := number(days) * 24
	f := strings.Split(rest, ":")
	for len(f) < 3 {
		f = append([]string{"0"}, f...)
	}
	return (total+number(f[0]))*60 + number(f[1])
}
