# suite ISA: the Python tests on the kernels of one instruction set, where this processor has it. Those of the
# best one are README's tests command.
. .ci/lib.sh

isa=$1
read -r best others <<<"$(isas_available)"
case " $others " in
  *" $isa "*) FASTDENSE_ISA=$isa python -m pytest -q -p no:cacheprovider ;;
  *) echo "skipped: this processor has $best${others:+ $others}, and $best is tested in any case" ;;
esac
