# suite ISA THREADING: the Python tests on the kernels of one instruction set, where this processor has it, and on
# one threading layer. Those of the best one and the default layer are README's tests command.
. .ci/lib.sh

isa=$1 threading=$2
read -r best others <<<"$(isas_available)"
case " $others " in
  *" $isa "*) FASTDENSE_ISA=$isa FASTDENSE_THREADING=$threading python -m pytest -q -p no:cacheprovider ;;
  *) echo "skipped: this processor has $best${others:+ $others}, and $best is tested in any case" ;;
esac
