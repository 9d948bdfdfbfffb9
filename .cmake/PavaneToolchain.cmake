# What depends on the machine and not on a target: ccache and a fast linker, both only if present.

find_program(PAVANE_CCACHE ccache)
if(PAVANE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER ${PAVANE_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${PAVANE_CCACHE})
endif()

include(CheckLinkerFlag)
foreach(linker lld gold)
  check_linker_flag(CXX -fuse-ld=${linker} PAVANE_LINKER_${linker})
  if(PAVANE_LINKER_${linker})
    add_link_options(-fuse-ld=${linker})
    break()
  endif()
endforeach()
