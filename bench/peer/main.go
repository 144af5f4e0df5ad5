// Command peer runs `nst bench` and PyTorch (peer.py beside it) alternately, each
// time in a new process, and prints the ratios of their times: of each pair,
// because other load on the machine affects both, and of the medians. Run it from
// the root of the repository, after `make build`.
package main

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
)

// A sample is what each of the two programs prints.
type sample struct {
	Seconds float64 `json:"seconds_per_iteration"`
	GFLOPS  float64 `json:"gflops"`
	Peak    float64 `json:"peak_bytes"`
	ISA     string  `json:"isa"`
	Torch   string  `json:"torch"`
}

// settings are the command's flags.
type settings struct {
	nst, python, isa            string
	threads, iterations, rounds int
}

var layouts = []string{"nchw", "channels_last"}

func main() {
	var s settings
	var cases string
	flag.StringVar(&cases, "cases", "vgg19:256,vgg19:512,pyramid:256", "`NETWORK:SIZE[:PRECISION]`, separated by commas; bf16 is compared with PyTorch in bfloat16, bf16x3 with float32")
	flag.StringVar(&s.nst, "nst", "bin/nst", "the `program` nst")
	flag.StringVar(&s.python, "python", "/usr/bin/python3", "a Python `program` with torch")
	flag.StringVar(&s.isa, "isa", "", "restrict both to avx2 (default: the best that the processor has)")
	flag.IntVar(&s.threads, "threads", 2, "threads")
	flag.IntVar(&s.iterations, "iterations", 5, "iterations timed in each process")
	flag.IntVar(&s.rounds, "rounds", 3, "rounds of one process each: nst, PyTorch NCHW, PyTorch channels-last")
	flag.Parse()
	if err := run(s, cases); err != nil {
		fmt.Fprintln(os.Stderr, "peer:", err)
		os.Exit(1)
	}
}

func run(s settings, cases string) error {
	switch {
	case s.isa != "" && s.isa != "avx2":
		return fmt.Errorf("-isa %s: the only choice is avx2", s.isa)
	case s.rounds < 1:
		return fmt.Errorf("-rounds %d: must be 1 or more", s.rounds)
	}
	fmt.Printf("processor %s, %d threads, load %s\n", processor(), s.threads, load())
	for c := range strings.SplitSeq(cases, ",") {
		network, size, ok := strings.Cut(strings.TrimSpace(c), ":")
		size, precision, _ := strings.Cut(size, ":")
		if _, err := strconv.Atoi(size); !ok || err != nil {
			return fmt.Errorf("-cases: %q is not NETWORK:SIZE or NETWORK:SIZE:PRECISION, such as vgg19:512", c)
		}
		if err := s.compare(network, size, cmp.Or(precision, "float32")); err != nil {
			return err
		}
	}
	return nil
}

// compare prints the rounds of one case and their medians.
func (s settings) compare(network, size, precision string) error {
	common := []string{"--network", network, "--size", size, "--threads", strconv.Itoa(s.threads), "--iterations", strconv.Itoa(s.iterations)}
	theirPrecision := precision
	if precision == "bf16x3" {
		theirPrecision = "float32" // bf16x3 replaces float32
	}
	var ours []sample
	theirs := map[string][]sample{}
	for round := range s.rounds {
		a, err := s.measure(s.nst, append([]string{"bench", "--json", "--precision", precision}, common...))
		if err != nil {
			return err
		}
		ours = append(ours, a)
		if round == 0 {
			fmt.Printf("\n%s %s: nst %s %s", network, size, precision, a.ISA)
		}
		for i, layout := range layouts {
			b, err := s.measure(s.python, append([]string{"bench/peer/peer.py", "--layout", layout, "--precision", theirPrecision}, common...))
			if err != nil {
				return err
			}
			theirs[layout] = append(theirs[layout], b)
			if round == 0 && i == 0 {
				fmt.Printf(", PyTorch %s %s %s\n", theirPrecision, b.Torch, b.ISA)
			}
		}
		fmt.Printf("  round %d  nst %.4f s", round+1, a.Seconds)
		for _, layout := range layouts {
			b := theirs[layout][round]
			fmt.Printf("   %s %.4f s (%.2fx)", layout, b.Seconds, b.Seconds/a.Seconds)
		}
		fmt.Println()
	}
	a := middle(ours)
	fmt.Printf("  medians  nst %.4f s, %.0f GFLOP/s, peak %.2f GB\n", a.Seconds, a.GFLOPS, a.Peak/1e9)
	best := 0.0
	for _, layout := range layouts {
		b := middle(theirs[layout])
		fmt.Printf("           PyTorch %s %.4f s, %.0f GFLOP/s, peak %.2f GB: ratio %.2f\n", layout, b.Seconds, b.GFLOPS, b.Peak/1e9, b.Seconds/a.Seconds)
		if best == 0 || b.Seconds < best {
			best = b.Seconds
		}
	}
	fmt.Printf("           against the better layout: ratio %.2f\n", best/a.Seconds)
	return nil
}

// measure runs a program once.
func (s settings) measure(program string, args []string) (sample, error) {
	cmd := exec.Command(program, args...)
	// Threads that spin while they wait take the processor from other threads,
	// which slows PyTorch most. A setting of the user comes later and wins.
	cmd.Env = append([]string{"OMP_WAIT_POLICY=PASSIVE"}, os.Environ()...)
	if s.isa == "avx2" {
		cmd.Env = append(cmd.Env, "NST_ISA=avx2", "DNNL_MAX_CPU_ISA=AVX2", "ATEN_CPU_CAPABILITY=avx2")
	}
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return sample{}, fmt.Errorf("%s: %w", cmd, err)
	}
	var m sample
	if err := json.Unmarshal(out, &m); err != nil || !(m.Seconds > 0) {
		return sample{}, fmt.Errorf("%s printed %q, not a benchmark: %w", cmd, out, err)
	}
	return m, nil
}

// middle returns the median of each number.
func middle(all []sample) sample {
	of := func(number func(sample) float64) float64 {
		var v []float64
		for _, m := range all {
			v = append(v, number(m))
		}
		slices.Sort(v)
		return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
	}
	return sample{
		Seconds: of(func(m sample) float64 { return m.Seconds }),
		GFLOPS:  of(func(m sample) float64 { return m.GFLOPS }),
		Peak:    of(func(m sample) float64 { return m.Peak }),
	}
}

func processor() string {
	info, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(info)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

// load is the load of the machine over one, five and fifteen minutes.
func load() string {
	avg, _ := os.ReadFile("/proc/loadavg")
	if f := strings.Fields(string(avg)); len(f) >= 3 {
		return strings.Join(f[:3], " ")
	}
	return "unknown"
}
