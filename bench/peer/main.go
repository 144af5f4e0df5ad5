// Command peer runs `nst bench` and its peers (peer.py and compiled.py beside it)
// alternately, each time in a new process, and prints the ratios of their times: of each
// pair, because other load on the machine affects both, and of the medians. The peers are
// PyTorch of one Python, and PyTorch, TensorFlow and JAX of the environment of `make
// interop`, where they are installed. Run it from the root of the repository, after
// `make build`.
package main

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"regexp"
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
	Version string  `json:"version"` // of a peer
}

// settings are the command's flags.
type settings struct {
	nst, python, environment, isa string
	threads, iterations, rounds   int
	types                         bool
	only                          *regexp.Regexp
	peers                         []peer
}

// A peer is a program that does the same work.
type peer struct {
	name, python string
	args         []string
	bf16         bool // knows this precision
}

// installed returns the peers whose libraries are there.
func (s settings) installed() (all []peer) {
	has := func(python, module string) bool { return exec.Command(python, "-c", "import "+module).Run() == nil }
	for _, c := range []struct {
		python, module, name, script, flag string
		layouts                            []string
	}{
		{s.python, "torch", "PyTorch", "peer.py", "", []string{"nchw", "channels_last"}},
		{s.environment, "torch", "PyTorch", "peer.py", "", []string{"nchw", "channels_last", "compiled"}},
		{s.environment, "tensorflow", "TensorFlow", "compiled.py", "tensorflow", []string{"plain", "onednn", "xla"}},
		{s.environment, "jax", "JAX", "compiled.py", "jax", []string{"plain"}},
	} {
		if c.python == "" || !has(c.python, c.module) {
			continue
		}
		for _, layout := range c.layouts {
			if !s.only.MatchString(c.name + " " + layout) {
				continue
			}
			p := peer{name: c.name + " " + layout, python: c.python, args: []string{"bench/peer/" + c.script, "--layout", layout}, bf16: c.flag == ""}
			if c.flag != "" {
				p.args = append(p.args, "--library", c.flag)
			}
			all = append(all, p)
		}
	}
	return all
}

func main() {
	var s settings
	var cases, only string
	flag.StringVar(&cases, "cases", "vgg19:256,vgg19:512,pyramid:256", "`NETWORK:SIZE[:PRECISION]`, separated by commas; bf16 is compared with bfloat16, bf16x3 with float32")
	flag.StringVar(&s.nst, "nst", "bin/nst", "the `program` nst")
	flag.StringVar(&s.python, "python", "/usr/bin/python3", "a Python `program` with torch")
	flag.StringVar(&s.environment, "environment", "bin/interop/env/bin/python", "a Python `program` with newer libraries; left out if it is not there")
	flag.StringVar(&s.isa, "isa", "", "restrict both to avx2 (default: the best that the processor has)")
	flag.IntVar(&s.threads, "threads", 2, "threads")
	flag.IntVar(&s.iterations, "iterations", 5, "iterations timed in each process")
	flag.IntVar(&s.rounds, "rounds", 3, "rounds of one process each")
	flag.StringVar(&only, "peers", "", "a regular `expression`: the peers whose names match, such as 'PyTorch nchw|JAX'")
	flag.BoolVar(&s.types, "types", true, "read from oneDNN's log which types the peers compute in, in one more process each")
	flag.Parse()
	var err error
	if s.only, err = regexp.Compile(only); err == nil {
		err = run(s, cases)
	}
	if err != nil {
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
	if s.peers = s.installed(); len(s.peers) == 0 {
		return fmt.Errorf("no peer: neither %s nor %s has torch, tensorflow or jax, or no name matches %q", s.python, s.environment, s.only)
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
	var peers []peer
	for _, p := range s.peers {
		// torch.compile of PyTorch 2.15 fails on the gradient of the pyramid's padding.
		fails := network == "pyramid" && p.name == "PyTorch compiled"
		if !fails && (p.bf16 || theirPrecision == "float32") {
			peers = append(peers, p)
		}
	}
	if len(peers) == 0 {
		return fmt.Errorf("no peer computes %s in %s", network, theirPrecision)
	}
	theirs := make([][]sample, len(peers))
	for round := range s.rounds {
		a, err := s.measure(s.nst, append([]string{"bench", "--json", "--precision", precision}, common...))
		if err != nil {
			return err
		}
		ours = append(ours, a)
		if round == 0 {
			fmt.Printf("\n%s %s: nst %s %s, peers %s\n", network, size, precision, a.ISA, theirPrecision)
		}
		fmt.Printf("  round %d  nst %.4f s", round+1, a.Seconds)
		for i, p := range peers {
			b, err := s.measure(p.python, slices.Concat(p.args, []string{"--precision", theirPrecision}, common))
			if err != nil {
				return err
			}
			theirs[i] = append(theirs[i], b)
			fmt.Printf("   %.4f s (%.2fx)", b.Seconds, b.Seconds/a.Seconds)
		}
		fmt.Println()
	}
	a := middle(ours)
	fmt.Printf("  medians  nst %.4f s, %.0f GFLOP/s, peak %.2f GB\n", a.Seconds, a.GFLOPS, a.Peak/1e9)
	best := 0
	for i, p := range peers {
		b := middle(theirs[i])
		fmt.Printf("           %s, %s: %.4f s, %.0f GFLOP/s, peak %.2f GB: ratio %.2f%s\n", p.name, theirs[i][0].Version, b.Seconds, b.GFLOPS, b.Peak/1e9, b.Seconds/a.Seconds, s.computesIn(p, network, theirPrecision))
		if b.Seconds < middle(theirs[best]).Seconds {
			best = i
		}
	}
	fmt.Printf("           against the best, %s, %s: ratio %.2f\n", peers[best].name, theirs[best][0].Version, middle(theirs[best]).Seconds/a.Seconds)
	return nil
}

// computesIn reads from oneDNN's log which types a peer's convolutions and products have,
// and which of its implementations compute them.
func (s settings) computesIn(p peer, network, precision string) string {
	if !s.types {
		return ""
	}
	cmd := exec.Command(p.python, slices.Concat(p.args, []string{"--precision", precision, "--network", network, "--size", "64", "--iterations", "1"})...)
	cmd.Env = append(s.env(), "ONEDNN_VERBOSE=1", "DNNL_VERBOSE=1")
	out, err := cmd.Output()
	if err != nil {
		return "; oneDNN's log: " + err.Error()
	}
	types, kernels := map[string]bool{}, map[string]bool{}
	for line := range strings.Lines(string(out)) {
		f := strings.Split(line, ",")
		i := slices.Index(f, "exec")
		if !strings.Contains(f[0], "_verbose") || i < 0 || len(f) < i+6 || !slices.Contains([]string{"convolution", "matmul", "inner_product"}, f[i+2]) {
			continue
		}
		kernels[f[i+3]] = true
		for _, t := range dataType.FindAllString(f[i+5], -1) {
			types[strings.Trim(t, ":_")] = true
		}
		if mode := mathMode.FindString(line); mode != "" {
			types[mode] = true
		}
	}
	if len(kernels) == 0 {
		return "; without oneDNN"
	}
	return "; oneDNN in " + strings.Join(slices.Sorted(maps.Keys(types)), " ") + " by " + strings.Join(slices.Sorted(maps.Keys(kernels)), " ")
}

var (
	dataType = regexp.MustCompile(`[_:](f32|bf16|f16|tf32|s8|u8|f64):`)
	mathMode = regexp.MustCompile(`fpmath:[a-z0-9]+`)
)

// measure runs a program once.
func (s settings) measure(program string, args []string) (sample, error) {
	cmd := exec.Command(program, args...)
	cmd.Env = s.env()
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

// env returns the environment of all programs.
func (s settings) env() []string {
	// Threads that spin while they wait take the processor from other threads,
	// which slows PyTorch most. A setting of the user comes later and wins.
	env := append([]string{"OMP_WAIT_POLICY=PASSIVE", "TF_CPP_MIN_LOG_LEVEL=3"}, os.Environ()...)
	if s.isa == "avx2" {
		env = append(env, "NST_ISA=avx2", "DNNL_MAX_CPU_ISA=AVX2", "ONEDNN_MAX_CPU_ISA=AVX2", "ATEN_CPU_CAPABILITY=avx2", "XLA_FLAGS=--xla_cpu_max_isa=AVX2")
	}
	return env
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
